/**
 * Wrong proofs of identity that one address may send. Past the limit nothing that it shows is looked at for a while, so
 * that guessing is slow and cheap to refuse.
 *
 * I1 Memory is bounded: with too many addresses the one that failed longest ago is forgotten.
 */
export interface FailureLimitOptions {
  /** Failures within the window after which an address must wait. Default 10. */
  readonly failures?: number;
  /** Default 60,000. */
  readonly windowMs?: number;
  /** Default 10,000. */
  readonly addresses?: number;
}

interface Failures {
  count: number;
  readonly sinceMs: number;
}

export class FailureLimit {
  readonly #failures: number;
  readonly #windowMs: number;
  readonly #addresses: number;
  /** The oldest window first: an address is put last when its window begins. */
  readonly #byAddress = new Map<string, Failures>();

  constructor({ failures = 10, windowMs = 60_000, addresses = 10_000 }: FailureLimitOptions = {}) {
    this.#failures = failures;
    this.#windowMs = windowMs;
    this.#addresses = addresses;
  }

  /** Milliseconds until what it shows is looked at again; 0: now. */
  waitMs(address: string, nowMs: number): number {
    const found = this.#byAddress.get(address);
    if (!found || found.count < this.#failures) return 0;
    return Math.max(0, found.sinceMs + this.#windowMs - nowMs);
  }

  failed(address: string, nowMs: number): void {
    const found = this.#byAddress.get(address);
    if (found && found.sinceMs + this.#windowMs > nowMs) {
      found.count++;
      return;
    }
    this.#byAddress.delete(address);
    this.#byAddress.set(address, { count: 1, sinceMs: nowMs });
    if (this.#byAddress.size <= this.#addresses) return;
    const [oldest] = this.#byAddress.keys();
    if (oldest !== undefined) this.#byAddress.delete(oldest); // I1
  }
}
