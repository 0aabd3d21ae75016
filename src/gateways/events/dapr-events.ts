import type { RunEvent } from '../../domain/run/events';
import { APP_ID, COMPONENTS, TOPICS } from '../../names';
import type { Sidecar } from '../sidecar/sidecar';
import type { EventsGateway } from './port';

/**
 * Publishes runs' events as complete CloudEvents 1.0.
 *
 * I1 The id is ours: the same fact announced twice carries the same id, which is what subscribers deduplicate by.
 *
 * The whole envelope is sent, and not data with `cloudevent.*` metadata: daprd 1.18.2 lets metadata set id, source, type,
 * subject and the trace, but stamps its own time (pkg/runtime/pubsub/cloudevents.go, pubsub/envelope.go).
 */
export function createDaprEvents(sidecar: Pick<Sidecar, 'publish'>): EventsGateway {
  return {
    async publish(event: RunEvent): Promise<void> {
      const envelope = { specversion: '1.0', source: APP_ID, datacontenttype: 'application/json', ...event };
      await sidecar.publish(COMPONENTS.pubsub, TOPICS.runs, envelope, {}, 'application/cloudevents+json');
    },
  };
}
