/**
 * Puts an event into the queue of every group of its topic.
 *
 * I1 A publish succeeds when the event lies in all of them. When it fails it may lie in some: the publisher tries again, and
 *    subscribers know an event by its id.
 * I2 An event without a group waits in the topic's waiting queue; the first group takes it over. The publisher looks for
 *    groups again after it put the event there, the group looks there after it registered: one of them sees the other.
 */
import { randomUUID } from 'node:crypto';
import type { Envelope } from './envelope';
import { MessageLost, type ReceivedMessage } from './message-queue';
import type { Properties } from './proto/messages';
import { checkName } from './queue-names';
import type { Settings } from './settings';
import type { Storage } from './storage';
import type { Wake } from './wake';

export interface Publication {
  readonly topic: string;
  readonly data: Buffer;
  readonly contentType: string;
  readonly metadata: Properties;
}

export interface Publisher {
  /** @throws RangeError for an event that could never be delivered. */
  publish(publication: Publication): Promise<void>;
  /** Hands what waits for a topic's first group to the groups that there are now. */
  adoptWaiting(topic: string): Promise<void>;
}

/** daprd's client reads at most 4 MiB a message and ends the subscription at a larger one. Source: grpc-go default. */
export const MOST_EVENT_BYTES = 4 * 1024 * 1024 - 64 * 1024;

const ADOPT_AT_ONCE = 32;
const ADOPT_WITHIN_MS = 30_000;
const BINARY = 'application/octet-stream';

export function createPublisher(
  storage: Storage,
  settings: Pick<Settings, 'messageTtlMs' | 'waitingTtlMs'>,
  wake: Wake,
): Publisher {
  async function toGroups(groups: readonly string[], envelope: Envelope): Promise<void> {
    const ttlMs = ttlOf(envelope.label.metadata) ?? settings.messageTtlMs;
    const puts = groups.map(async (group) => {
      const mailbox = storage.mailbox('group', envelope.label.topic, group);
      await mailbox.put(envelope, ttlMs);
      wake.signal(mailbox.queue.name);
    });
    // All are tried before the first failure is told (I1).
    const failed = (await Promise.allSettled(puts)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async function adoptWaiting(topic: string): Promise<void> {
    const waiting = storage.mailbox('waiting', topic);
    if ((await waiting.queue.count()) === 0) return;
    for (;;) {
      const messages = await waiting.queue.receive(ADOPT_AT_ONCE, ADOPT_WITHIN_MS);
      if (messages.length === 0) return;
      const groups = await storage.groups.groupsOf(topic);
      if (groups.length === 0) return;
      for (const message of messages) await adopt(message, groups);
    }

    async function adopt(message: ReceivedMessage, groups: readonly string[]): Promise<void> {
      const envelope = await waiting.open(message);
      if (envelope !== 'removed') await toGroups(groups, envelope);
      await waiting.remove(message).catch((error: unknown) => {
        if (!(error instanceof MessageLost)) throw error;
      });
    }
  }

  return {
    adoptWaiting,
    async publish({ topic, data, contentType, metadata }) {
      checkName('topic', topic);
      if (data.length > MOST_EVENT_BYTES) {
        throw new RangeError(`The event has ${data.length} bytes; daprd delivers at most ${MOST_EVENT_BYTES}.`);
      }
      const label = {
        id: randomUUID(),
        topic,
        contentType: deliveredType(contentType, metadata),
        metadata,
        publishedAt: new Date().toISOString(),
      };
      const groups = await storage.groups.groupsOf(topic);
      if (groups.length > 0) return toGroups(groups, { label, data });
      if (settings.waitingTtlMs === 0) return;
      const ttlMs = Math.min(ttlOf(metadata) ?? settings.waitingTtlMs, settings.waitingTtlMs);
      await storage.mailbox('waiting', topic).put({ label, data }, ttlMs);
      if ((await storage.groups.groupsOf(topic)).length > 0) await adoptWaiting(topic); // I2
    },
  };
}

/**
 * The content type that daprd sees at delivery. It keeps the data's own type inside the CloudEvent, and takes a message of a
 * binary type for one without an envelope: only a raw publish may be handed over as such.
 * Source: pkg/runtime/subscription/subscription.go of dapr 1.18.2.
 */
function deliveredType(given: string, metadata: Properties): string {
  if (given === '') return 'application/json';
  return given.startsWith(BINARY) && metadata.rawPayload !== 'true' ? 'application/cloudevents+json' : given;
}

/** Dapr's `ttlInSeconds` of one publish. */
function ttlOf({ ttlInSeconds }: Properties): number | undefined {
  const seconds = Number(ttlInSeconds);
  return ttlInSeconds !== undefined && Number.isInteger(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}
