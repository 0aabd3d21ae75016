/**
 * The calls per second that one Vision resource allows, shared by all runs and replicas. Pure: time comes in.
 *
 * I1 What is granted in any span is at most rate x span plus one second's worth: no burst beyond the bucket.
 * I2 Nothing is granted before `pausedUntilMs` (Retry-After reaches every replica with its next lease).
 * I3 Runs that want calls share by weight; what one leaves the others may take.
 * I4 A month's transactions never exceed its cap: they are reserved when granted and given back only when unused.
 */
export interface QuotaSettings {
  /** Calls per second; absent: unlimited. */
  readonly ratePerSecond?: number;
  readonly monthlyTransactions?: number;
  readonly containerMonthlyTransactions?: number;
  /** By run id; 1 where absent. */
  readonly weights?: Readonly<Record<string, number>>;
}

export interface QuotaState {
  readonly version: number;
  readonly settings: QuotaSettings;
  /** `2026-11` and what was reserved in it, in all and by container. */
  readonly ledger: Ledger;
}

export interface Ledger {
  readonly month: string;
  readonly transactions: number;
  readonly byContainer: Readonly<Record<string, number>>;
}

/** Lives in the memory of the actor: after a move it starts empty, which errs on the side of too few calls. */
export interface Bucket {
  readonly atMs: number;
  /** Calls each run that wanted some lately may make, by run id. */
  readonly shares: Readonly<Record<string, Share>>;
  /** What full shares left over. */
  readonly spare: number;
  readonly pausedUntilMs: number;
  /** 0..1 of the rate: lowered by every 429 that comes although the rate was kept, raised with time. */
  readonly factor: number;
}

interface Share {
  readonly calls: number;
  readonly seenAtMs: number;
}

export function emptyBucket(nowMs: number): Bucket {
  return { atMs: nowMs, shares: {}, spare: 0, pausedUntilMs: 0, factor: 1 };
}

/** A run that has not asked for so long has no share. */
const FORGOTTEN_MS = 3_000;
/** Worth of the rate that may be saved up, in seconds. */
const BURST_SECONDS = 1;
/** A month-long idle bucket and one second after it look the same. */
const MAX_REFILL_MS = 60_000;
const DECREASE = 0.7;
const LEAST_FACTOR = 0.1;
/** Of the factor, per second without a 429. */
const INCREASE_PER_SECOND = 0.02;

export interface LeaseRequest {
  readonly runId: string;
  readonly container: string;
  /** Calls that could start now. */
  readonly want: number;
  readonly transactionsPerCall: number;
}

export interface LeaseGrant {
  /** `unlimited`: neither rate nor month is limited, so nobody counts. */
  readonly calls: number | 'unlimited';
  /** Why fewer than wanted, where it is not just the rate. */
  readonly limit?: 'paused' | 'month';
}

export function lease(
  bucket: Bucket,
  state: Pick<QuotaState, 'settings' | 'ledger'>,
  request: LeaseRequest,
  nowMs: number,
): { readonly bucket: Bucket; readonly grant: LeaseGrant } {
  const { settings, ledger } = state;
  const filled = refill(bucket, settings, request.runId, nowMs);
  if (nowMs < filled.pausedUntilMs) return { bucket: filled, grant: { calls: 0, limit: 'paused' } }; // I2
  const monthLeft = callsLeftInMonth(settings, ledger, request);
  if (monthLeft <= 0 && request.want > 0) return { bucket: filled, grant: { calls: 0, limit: 'month' } }; // I4
  const want = Math.min(request.want, monthLeft);
  if (settings.ratePerSecond === undefined) {
    const isCounted = monthLeft !== Number.POSITIVE_INFINITY;
    return { bucket: filled, grant: { calls: isCounted ? want : 'unlimited' } };
  }
  const share = filled.shares[request.runId]?.calls ?? 0;
  const calls = Math.min(want, Math.floor(share + filled.spare + EPSILON));
  const fromShare = Math.min(calls, share);
  const shares = { ...filled.shares, [request.runId]: { calls: share - fromShare, seenAtMs: nowMs } };
  return { bucket: { ...filled, shares, spare: filled.spare - (calls - fromShare) }, grant: { calls } };
}

/** Sums of thirds and tenths are not whole: this much is forgiven. */
const EPSILON = 1e-9;

function refill(bucket: Bucket, settings: QuotaSettings, runId: string, nowMs: number): Bucket {
  const elapsedS = Math.max(0, Math.min(nowMs - bucket.atMs, MAX_REFILL_MS)) / 1000;
  const factor = Math.min(1, bucket.factor + elapsedS * INCREASE_PER_SECOND);
  const rate = (settings.ratePerSecond ?? 0) * factor;
  const kept = Object.entries(bucket.shares).filter(([, share]) => nowMs - share.seenAtMs < FORGOTTEN_MS);
  const shares: Record<string, Share> = Object.fromEntries(kept);
  const known = shares[runId]?.calls ?? 0;
  shares[runId] = { calls: known, seenAtMs: nowMs };
  const weightOf = (id: string) => settings.weights?.[id] ?? 1;
  const weights = Object.keys(shares).reduce((sum, id) => sum + weightOf(id), 0);
  const capacity = Math.max(1, (settings.ratePerSecond ?? 0) * BURST_SECONDS);
  let spare = bucket.spare;
  for (const [id, share] of Object.entries(shares)) {
    const part = weightOf(id) / weights;
    const calls = share.calls + rate * elapsedS * part;
    const most = capacity * part;
    shares[id] = { ...share, calls: Math.min(calls, most) };
    spare += Math.max(0, calls - most);
  }
  const held = Object.values(shares).reduce((sum, share) => sum + share.calls, 0);
  return { ...bucket, atMs: nowMs, shares, spare: Math.max(0, Math.min(spare, capacity - held)), factor }; // I1
}

/** Vision asked everybody to wait. `isOurFault`: more was sent than the settings allow, so the rate itself is right. */
export function throttle(bucket: Bucket, retryAfterMs: number, nowMs: number): Bucket {
  const pausedUntilMs = Math.max(bucket.pausedUntilMs, nowMs + retryAfterMs);
  // Several calls in flight meet the same limit: one decrease a pause.
  const factor = nowMs < bucket.pausedUntilMs ? bucket.factor : Math.max(LEAST_FACTOR, bucket.factor * DECREASE);
  return { ...bucket, pausedUntilMs, factor };
}

export function monthOf(iso: string): string {
  return iso.slice(0, 7);
}

/** Reserves (or gives back, below zero) transactions of a month; a new month starts empty. */
export function book(ledger: Ledger, month: string, container: string, transactions: number): Ledger {
  const base: Ledger = ledger.month === month ? ledger : { month, transactions: 0, byContainer: {} };
  if (transactions === 0) return base;
  const spent = Math.max(0, (base.byContainer[container] ?? 0) + transactions);
  return {
    month,
    transactions: Math.max(0, base.transactions + transactions),
    byContainer: { ...base.byContainer, [container]: spent },
  };
}

function callsLeftInMonth(settings: QuotaSettings, ledger: Ledger, request: LeaseRequest): number {
  const { monthlyTransactions = Infinity, containerMonthlyTransactions = Infinity } = settings;
  const spentHere = ledger.byContainer[request.container] ?? 0;
  const left = Math.min(monthlyTransactions - ledger.transactions, containerMonthlyTransactions - spentHere);
  return Math.floor(left / Math.max(1, request.transactionsPerCall));
}

/** `10/s`, `20/min`, `unlimited`. undefined when it is none of them. */
export function parseRate(text: string): { readonly ratePerSecond?: number } | undefined {
  if (text === 'unlimited') return {};
  const match = /^(\d+(?:\.\d+)?)\/(s|min)$/.exec(text);
  if (!match) return undefined;
  const rate = Number(match[1]) / (match[2] === 'min' ? 60 : 1);
  return rate > 0 ? { ratePerSecond: rate } : undefined;
}
