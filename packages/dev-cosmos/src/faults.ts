/**
 * Throttling on demand: the next requests are answered 429 with `x-ms-retry-after-ms`, as the service does when a container
 * has used up its request units.
 */
import { CosmosError, HEADERS } from './protocol';

export interface ThrottleFault {
  /** How many requests to refuse. */
  readonly count: number;
  readonly retryAfterMs: number;
}

export class Faults {
  private remaining = 0;
  private retryAfterMs = 0;
  private refusedCount = 0;

  /** Replaces what was armed before. */
  arm(fault: ThrottleFault): void {
    this.remaining = fault.count;
    this.retryAfterMs = fault.retryAfterMs;
  }

  get state(): { remaining: number; refused: number } {
    return { remaining: this.remaining, refused: this.refusedCount };
  }

  /** @throws CosmosError 429 while armed. */
  check(): void {
    if (this.remaining <= 0) return;
    this.remaining -= 1;
    this.refusedCount += 1;
    throw new CosmosError(429, 'Request rate is large. More Request Units may be needed, so no changes were made.', {
      [HEADERS.retryAfterMs]: String(this.retryAfterMs),
      [HEADERS.substatus]: '3200',
    });
  }
}
