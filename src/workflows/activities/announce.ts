import type { Actors } from '../../actors';
import { AppError } from '../../domain/errors';
import { runEvent } from '../../domain/events';
import type { EventsGateway } from '../../gateways/events/port';
import { announce } from '../steps';
import { activity } from './activity';

/** Publishes one event of a run. At least once; consumers deduplicate by its deterministic id. */
export function createAnnounce(actors: Pick<Actors, 'run'>, events: EventsGateway) {
  return activity(announce, async ({ runId, container, event }) => {
    const { run } = await actors.run(runId).view();
    if (!run) throw new AppError('run-not-found', `Run ${runId} has no state to announce.`);
    const time = event === 'run-started' ? run.startedAt : (run.endedAt ?? run.updatedAt);
    const data = {
      runId,
      container,
      status: run.status,
      counts: run.counts,
      ...(run.reason === undefined ? {} : { reason: run.reason }),
    };
    await events.publish(runEvent(event, time, data));
    return { announced: true as const };
  });
}
