import express, { type IRouter } from 'express';
import type { Logger } from 'pino';
import { readBlobEvents } from '../../domain/watch/blob-event';
import { BINDING_ROUTES } from '../../names';
import { handle } from '../handle';

/**
 * Where the sidecar posts messages of the queue `blob-events` (component of that name), one at a time.
 *
 * I1 An unreadable message is answered 200 with a warning. After an error it would come back until it expires.
 * I2 A wake-up that fails is answered 503: the message comes again after the component's visibility timeout.
 */
export interface BlobEventHandlers {
  /** At least once, in any order. */
  onBlobCreated(container: string): Promise<void>;
}

export interface BlobEventDeps {
  readonly blobEvents: BlobEventHandlers;
  readonly log: Logger;
}

/** A message of a Storage Queue has 64 KB at most. */
const readMessage = express.raw({ type: () => true, limit: '256kb' });

export function blobEventRoutes(app: IRouter, { blobEvents, log }: BlobEventDeps): void {
  const unreadable: express.ErrorRequestHandler = (error: unknown, _req, res, _next) => {
    log.warn({ event: 'blob-events.unreadable', err: error }, 'message dropped');
    res.end(); // I1
  };
  const answer = handle(async (req, res) => {
    const body: unknown = req.body;
    const read = readBlobEvents(Buffer.isBuffer(body) ? body.toString('utf8') : '');
    if (!read.readable) {
      log.warn({ event: 'blob-events.unreadable', problem: read.problem }, 'message dropped');
      res.end(); // I1
      return;
    }
    try {
      await Promise.all(read.containers.map((container) => blobEvents.onBlobCreated(container)));
      res.end();
    } catch (error) {
      log.warn({ event: 'blob-events.failed', err: error }, 'the message will come again');
      res.status(503).end(); // I2
    }
  });
  app.post(BINDING_ROUTES.blobEvents, readMessage, answer, unreadable);
}
