import type { Logger } from 'pino';

const INTERVAL_MS = 30_000;

/**
 * Looks every half minute for runs, or watches, that began and have no workflow: their starter died between two steps; and for
 * runs that their workflow did not close. What that would have announced is not announced.
 */
export class Reconciler {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly service: { reconcile(): Promise<number> },
    private readonly log: Logger,
    private readonly what: 'runs' | 'watches' = 'runs',
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.look(), INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const reconciled = await this.service.reconcile();
      if (reconciled > 0)
        this.log.warn(
          { event: `${this.what}.reconciled`, reconciled },
          'started again or closed: a workflow was missing',
        );
    } catch (error) {
      this.log.debug({ event: `${this.what}.reconcile-failed`, err: error }, 'the next look will tell');
    }
  }
}
