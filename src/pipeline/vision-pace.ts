import { delayMs, MAX_RETRY_AFTER_MS, type RetryPolicy } from '../domain/retry';
import type { VisionOutcome } from '../gateways/vision/port';
import type { Clock } from './clock';

/**
 * When a call may go out, for all chunks of one process.
 *
 * I1 No call starts inside an announced Retry-After (I6 of the design); a longer one than 60 s is taken as 60 s.
 * I2 While Vision is down (TRIP failures in a row) one call at a time probes it, so an outage costs probes and no storm.
 */
export class VisionPace {
  private pausedUntilMs = 0;
  private failuresInRow = 0;
  private trips = 0;
  private probing = false;
  private reason: string | undefined;

  constructor(private readonly clock: Clock) {}

  /** Resolves when this call may start. `probe`: it tests a service that was down, and its failure is not the image's. */
  async turn(): Promise<{ readonly probe: boolean }> {
    for (;;) {
      const waitMs = this.pausedUntilMs - this.clock.monotonicMs();
      if (waitMs > 0) {
        await this.clock.sleep(Math.min(waitMs, POLL_MS));
      } else if (this.trips === 0) {
        return { probe: false };
      } else if (!this.probing) {
        this.probing = true;
        return { probe: true };
      } else {
        await this.clock.sleep(POLL_MS);
      }
    }
  }

  /** Is the next call held back? Then the caller asks for its permission again before it goes on. */
  get waiting(): string | undefined {
    return this.pausedUntilMs > this.clock.monotonicMs() || this.trips > 0 ? this.reason : undefined;
  }

  /** The turn was not used: the caller was stopped while it waited. */
  giveBack({ probe }: { readonly probe: boolean }): void {
    if (probe) this.probing = false;
  }

  answered(outcome: VisionOutcome, { probe }: { readonly probe: boolean }): void {
    if (probe) this.probing = false;
    if (!outcome.ok && outcome.code === 'vision-throttled') {
      const waitMs = Math.min(outcome.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, MAX_RETRY_AFTER_MS);
      this.pause(waitMs, 'Vision asked to wait: its rate limit is reached');
    } else if (!outcome.ok && isOutage(outcome.code)) {
      this.failuresInRow += 1;
      if (probe || this.failuresInRow >= TRIP) {
        this.trips += 1;
        this.failuresInRow = 0;
        this.pause(delayMs(OUTAGE, this.trips, this.clock.random01()), `Vision does not answer: ${outcome.code}`);
      }
    } else {
      this.failuresInRow = 0;
      this.trips = 0;
    }
  }

  private pause(ms: number, reason: string): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, this.clock.monotonicMs() + ms);
    this.reason = reason;
  }
}

/** Failures in a row, over all images, that mean an outage and not bad luck. */
const TRIP = 10;
const OUTAGE: RetryPolicy = { maxAttempts: Number.POSITIVE_INFINITY, firstDelayMs: 500, maxDelayMs: 15_000 };
/** Pause after a 429 that names none. */
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** How soon a waiting call looks again: bounds the delay of a pause or cancel. */
const POLL_MS = 200;

function isOutage(code: string): boolean {
  return code === 'vision-unavailable' || code === 'vision-network' || code === 'vision-timeout';
}
