/**
 * Counts what was asked and answered: the outside evidence of what a run would have paid for.
 *
 * I1 A call is a request that passed the key check and was not throttled; it counts whether or not it was answered.
 * I2 `byHash` counts the answers with an analysis, delivered or not: that is what a service bills.
 * I3 Constant work a call, and memory bounded: 32 characters a distinct image, and MAX_TIMES calls with their times.
 */
export interface CallTotals {
  readonly calls: number;
  /** Billed: features of the calls that were answered with an analysis. */
  readonly transactions: number;
  /** Answered with an analysis. */
  readonly answered: number;
  /** Distinct images among them, and answers beyond the first of each. */
  readonly unique: number;
  readonly repeated: number;
  readonly throttled: number;
  /** Of the calls: answered with anything else, or not at all. */
  readonly failures: number;
  /** Answered, but the caller was gone: billed, and nobody has it. */
  readonly undelivered: number;
  readonly unauthorized: number;
  /** Requests more than a second after a 429 went out and before the wait it announced was over (60 s at most). */
  readonly insideRetryAfter: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** Milliseconds since 1970; null before the first call. */
  readonly firstCallAt: number | null;
  readonly lastCallAt: number | null;
}

/** Start, end, status (0: no answer). */
export type CallTime = readonly [startMs: number, endMs: number, status: number];

const MAX_TIMES = 200_000;
/** What a caller with leases of one second cannot help sending. */
const RETRY_AFTER_GRACE_MS = 1000;
const MAX_WATCHED_WAIT_MS = 60_000;

const EMPTY = {
  calls: 0,
  transactions: 0,
  answered: 0,
  throttled: 0,
  failures: 0,
  undelivered: 0,
  unauthorized: 0,
  insideRetryAfter: 0,
};

export class CallBook {
  private counts = { ...EMPTY };
  private inFlight = 0;
  private maxInFlight = 0;
  private firstCallAt: number | null = null;
  private lastCallAt: number | null = null;
  private readonly answersByHash = new Map<string, number>();
  private times: CallTime[] = [];
  private nextTime = 0;
  private wait = { announcedAt: 0, until: 0 };

  unauthorized(): void {
    this.counts.unauthorized += 1;
  }

  arrived(nowMs: number): void {
    if (nowMs < this.wait.until && nowMs - this.wait.announcedAt > RETRY_AFTER_GRACE_MS) {
      this.counts.insideRetryAfter += 1;
    }
  }

  throttled(nowMs: number, waitMs: number): void {
    this.counts.throttled += 1;
    const until = nowMs + Math.min(waitMs, MAX_WATCHED_WAIT_MS);
    this.wait = {
      announcedAt: nowMs >= this.wait.until ? nowMs : this.wait.announcedAt,
      until: Math.max(until, this.wait.until),
    };
    this.keepTime([nowMs, nowMs, 429]);
  }

  started(nowMs: number): void {
    this.counts.calls += 1;
    this.inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    this.firstCallAt ??= nowMs;
    this.lastCallAt = nowMs;
  }

  /** `hash` (hex) and `transactions` are given for an answer with an analysis alone. */
  ended(
    time: CallTime,
    answer?: { readonly hash: string; readonly transactions: number; readonly isDelivered: boolean },
  ): void {
    this.inFlight -= 1;
    this.keepTime(time);
    if (answer === undefined) {
      this.counts.failures += 1;
      return;
    }
    this.counts.answered += 1;
    this.counts.transactions += answer.transactions;
    if (!answer.isDelivered) this.counts.undelivered += 1;
    const key = Buffer.from(answer.hash, 'hex').toString('latin1'); // I3
    this.answersByHash.set(key, (this.answersByHash.get(key) ?? 0) + 1);
  }

  totals(): CallTotals {
    const unique = this.answersByHash.size;
    return {
      ...this.counts,
      unique,
      repeated: this.counts.answered - unique,
      inFlight: this.inFlight,
      maxInFlight: this.maxInFlight,
      firstCallAt: this.firstCallAt,
      lastCallAt: this.lastCallAt,
    };
  }

  byHash(): Record<string, number> {
    return Object.fromEntries(
      [...this.answersByHash].map(([key, answers]) => [Buffer.from(key, 'latin1').toString('hex'), answers]),
    );
  }

  /** The last MAX_TIMES calls and throttled requests, in order of their end. */
  recentTimes(): readonly CallTime[] {
    return [...this.times.slice(this.nextTime), ...this.times.slice(0, this.nextTime)];
  }

  /** Calls in flight stay in flight. */
  reset(): void {
    this.counts = { ...EMPTY };
    this.maxInFlight = this.inFlight;
    this.firstCallAt = null;
    this.lastCallAt = null;
    this.answersByHash.clear();
    this.times = [];
    this.nextTime = 0;
    this.wait = { announcedAt: 0, until: 0 };
  }

  private keepTime(time: CallTime): void {
    if (this.times.length < MAX_TIMES) {
      this.times.push(time);
      return;
    }
    this.times[this.nextTime] = time;
    this.nextTime = (this.nextTime + 1) % MAX_TIMES;
  }
}
