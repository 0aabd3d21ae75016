import type { Logger } from 'pino';
import type { Config } from '../config';
import { Reconciler } from '../jobs/reconciler';
import { Retention } from '../jobs/retention';
import { WakeUps } from '../jobs/wake-ups';
import { systemClock } from '../pipeline/clock';
import type { Application } from './use-cases';

export interface Jobs {
  /** A new blob wakes the watch of its container. */
  readonly blobCreated: (container: string) => Promise<void>;
  start(): void;
  stop(): void;
}

/** What runs by the clock. */
export function createJobs(
  { reportRetentionDays }: Pick<Config, 'reportRetentionDays'>,
  { reconcileRuns, watches, expireRuns, operations }: Application,
  log: Logger,
): Jobs {
  const { nowMs } = systemClock;
  const wakeUps = new WakeUps({ wake: (container) => watches.wake(container), log });
  const timed = [
    new Reconciler({ reconcile: reconcileRuns }, log),
    new Reconciler(watches, log, 'watches'),
    new Retention({ expireRuns, operations, nowMs, log }, reportRetentionDays),
  ];
  return {
    blobCreated: (container) => wakeUps.blobCreated(container),
    start() {
      for (const job of timed) job.start();
    },
    stop() {
      for (const job of timed) job.stop();
      wakeUps.stop();
    },
  };
}
