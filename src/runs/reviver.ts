import type { Logger } from 'pino';
import type { RunService } from './run-service';

const INTERVAL_MS = 30_000;

/** Looks every half minute for runs that began and have no workflow: their starter died between two steps. */
export class Reviver {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly service: Pick<RunService, 'revive'>,
    private readonly log: Logger,
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
      const revived = await this.service.revive();
      if (revived > 0) this.log.warn({ event: 'runs.revived', revived }, 'runs without a workflow started again');
    } catch (error) {
      this.log.debug({ event: 'runs.revive-failed', err: error }, 'the next look will tell');
    }
  }
}
