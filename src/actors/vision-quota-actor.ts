import {
  type Bucket,
  book,
  bookMade,
  effectiveSettings,
  emptyBucket,
  lease,
  mergeChanges,
  monthOf,
  type QuotaSettings,
  type QuotaState,
  throttle,
} from '../domain/quota';
import { type ActorStore, VersionedState } from './versioned-state';
import type { QuotaView, VisionQuotaActorApi } from './vision-quota-actor.api';

/**
 * The quota of one Vision resource (invariants: domain/quota.ts). What was set and the month's ledger are durable; the
 * bucket is not and starts empty after a move. What was never set follows the configuration. Nobody asks, nothing happens:
 * an idle actor costs nothing.
 */
export class VisionQuotaActorLogic implements VisionQuotaActorApi {
  private readonly state: VersionedState<QuotaState>;
  private bucket: Bucket;

  constructor(
    store: ActorStore,
    private readonly defaults: QuotaSettings,
    private readonly nowMs: () => number,
    /** For the bucket: a wall clock that is set back would not fill it. */
    private readonly monotonicMs: () => number = nowMs,
  ) {
    this.state = new VersionedState(store);
    this.bucket = emptyBucket(monotonicMs());
  }

  async lease(request: Parameters<VisionQuotaActorApi['lease']>[0]) {
    const { container, made } = request;
    const before = await this.load();
    const state = made === undefined ? before : bookMade(before, this.month(), container, made);
    const settings = effectiveSettings(this.defaults, state.changed);
    const { bucket, grant } = lease(this.bucket, { settings, ledger: state.ledger }, request, this.monotonicMs());
    const spent = grant.calls === 'unlimited' ? 0 : grant.calls * request.transactionsPerCall;
    const ledger = spent > 0 ? book(state.ledger, this.month(), container, spent) : state.ledger;
    if (ledger !== before.ledger) await this.state.commit({ ...state, ledger });
    this.bucket = bucket; // after the commit: what could not be booked was not granted
    return grant;
  }

  async giveBack({ container, transactions }: Parameters<VisionQuotaActorApi['giveBack']>[0]) {
    const state = await this.load();
    await this.state.commit({ ...state, ledger: book(state.ledger, this.month(), container, -transactions) });
    return { booked: true as const };
  }

  async throttled({ retryAfterMs }: Parameters<VisionQuotaActorApi['throttled']>[0]) {
    this.bucket = throttle(this.bucket, retryAfterMs, this.monotonicMs());
    return { pausedUntilMs: this.nowMs() + this.pausedForMs() };
  }

  async configure(change: Parameters<VisionQuotaActorApi['configure']>[0]) {
    const state = await this.load();
    await this.state.commit({ ...state, changed: mergeChanges(state.changed ?? {}, change) });
    return this.view();
  }

  async view(): Promise<QuotaView> {
    const { changed, ledger } = await this.load();
    const settings = effectiveSettings(this.defaults, changed);
    const pausedForMs = this.pausedForMs();
    const pausedUntil = new Date(this.nowMs() + pausedForMs).toISOString();
    return { settings, ledger, factor: this.bucket.factor, ...(pausedForMs > 0 && { pausedUntil }) };
  }

  private pausedForMs(): number {
    return Math.max(0, this.bucket.pausedUntilMs - this.monotonicMs());
  }

  private async load(): Promise<QuotaState> {
    const stored = await this.state.head();
    const month = this.month();
    const state = stored ?? { version: 0, ledger: { month, transactions: 0, byContainer: {} } };
    return state.ledger.month === month ? state : { ...state, ledger: book(state.ledger, month, '', 0) };
  }

  private month(): string {
    return monthOf(new Date(this.nowMs()).toISOString());
  }
}
