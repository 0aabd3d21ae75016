import express, { type IRouter } from 'express';
import type { Logger } from 'pino';
import { defined } from '../domain/defined';
import type { RunEvent } from '../domain/run/events';
import { CHECK_EVENT_TYPE, SUBSCRIPTION_ROUTES } from '../names';
import { handle } from './handle';
import { RunEventSchema } from './run-event';

/**
 * Where the declarative subscriptions deliver. We read the CloudEvent ourselves: the SDK's own handler strips id, type
 * and time, and acknowledges a message whose handler threw.
 *
 * I1 The answer is always 200 with a status; only it says whether the sidecar delivers again.
 * I2 An unreadable message is dropped (it goes to the dead-letter topic) and never retried for ever.
 * I3 A handler that throws means RETRY.
 */

/** What the sidecar does with the message: forget it, deliver it again, give it to the dead-letter topic. */
export type Delivery = 'SUCCESS' | 'RETRY' | 'DROP';

export interface RunEventHandlers {
  /** At least once: the same id may come again. */
  onRunEvent(event: RunEvent): Promise<Delivery>;
  /** What nobody could take. The raw CloudEvent; it has been logged. */
  onDeadLetter?(event: unknown): Promise<Delivery>;
}

export interface SubscriptionDeps {
  readonly events: RunEventHandlers;
  readonly log: Logger;
}

const readEvent = express.json({
  type: ['application/cloudevents+json', 'application/json'],
  limit: '256kb',
  strict: false,
});

export function subscriptionRoutes(app: IRouter, { events, log }: SubscriptionDeps): void {
  deliver(app, SUBSCRIPTION_ROUTES.runs, log, async (body) => {
    if ((body as { type?: unknown } | null)?.type === CHECK_EVENT_TYPE) return 'SUCCESS';
    const parsed = RunEventSchema.safeParse(body);
    if (parsed.success) return events.onRunEvent(parsed.data as RunEvent);
    log.warn({ event: 'pubsub.unreadable', faults: parsed.error.issues.slice(0, 5) }, 'event dropped'); // I2
    return 'DROP';
  });
  deliver(app, SUBSCRIPTION_ROUTES.deadLetters, log, async (body) => {
    log.error({ event: 'pubsub.dead-letter', ...identityOf(body) }, 'event gave up');
    return (await events.onDeadLetter?.(body)) ?? 'SUCCESS';
  });
}

function deliver(app: IRouter, path: string, log: Logger, take: (body: unknown) => Promise<Delivery>): void {
  const unreadable: express.ErrorRequestHandler = (error: unknown, _req, res, _next) => {
    log.warn({ event: 'pubsub.unreadable', err: error }, 'event dropped');
    res.json({ status: 'DROP' satisfies Delivery }); // I1, I2
  };
  const answer = handle(async (req, res) => {
    const status = await take(req.body).catch((error: unknown): Delivery => {
      log.error({ event: 'pubsub.failed', err: error }, 'event handler failed');
      return 'RETRY'; // I3
    });
    res.json({ status });
  });
  app.post(path, readEvent, answer, unreadable);
}

function identityOf(body: unknown): { id?: string; type?: string } {
  if (typeof body !== 'object' || body === null) return {};
  const id = 'id' in body && typeof body.id === 'string' ? body.id.slice(0, 200) : undefined;
  const type = 'type' in body && typeof body.type === 'string' ? body.type.slice(0, 200) : undefined;
  return defined({ id, type });
}
