import type { Logger } from 'pino';

const INTERVAL_MS = 30_000;

/**
 * Every half minute it finds runs or watches without a workflow, because their starter died between two steps, and runs
 * that their workflow did not close. It announces nothing for those runs.
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
