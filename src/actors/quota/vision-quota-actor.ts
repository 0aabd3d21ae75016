import { book, monthOf } from '../../domain/quota/month-spending';
import {
  type BookingTime,
  type Bucket,
  bookGranted,
  bookMade,
  bookUnused,
  effectiveSettings,
  emptyBucket,
  endPause,
  lastingPause,
  lease,
  mergeChanges,
  movedBucket,
  type QuotaSettings,
  type QuotaState,
  sampledOf,
  throttle,
} from '../../domain/quota/quota';
import { STORED_QUOTA } from '../../domain/quota/stored-quota';
import { type ActorStore, VersionedState } from '../versioned-state';
import type { QuotaView, VisionQuotaActorApi } from './vision-quota-actor.api';

/**
 * The quota of one Vision resource (invariants: domain/quota/quota.ts). Settings, the month's ledger and a pause are
 * durable. The bucket is not: it starts empty after a move. Unset values follow the configuration. An idle actor costs
 * nothing.
 */
export class VisionQuotaActorLogic implements VisionQuotaActorApi {
  private readonly state: VersionedState<QuotaState>;
  private readonly activatedAtMs: number;
  private known: Bucket | undefined;

  constructor(
    store: ActorStore,
    private readonly defaults: QuotaSettings,
    private readonly nowMs: () => number,
    /** For the bucket: a wall clock that is set back would not fill it. */
    private readonly monotonicMs: () => number = nowMs,
  ) {
    this.state = new VersionedState(store, STORED_QUOTA);
    this.activatedAtMs = monotonicMs();
  }

  async lease(request: Parameters<VisionQuotaActorApi['lease']>[0]) {
    const { container, made } = request;
    const before = await this.load();
    const state = made === undefined ? before : bookMade(before, this.month(), container, made);
    const settings = effectiveSettings(this.defaults, state.changed);
    const limits = { settings, ledger: state.ledger, sampled: sampledOf(state, this.nowMs()) };
    const { bucket, grant } = lease(this.bucketOf(state), limits, request, this.monotonicMs());
    const spent = grant.calls === 'unlimited' ? 0 : grant.calls * request.transactionsPerCall;
    const after = bookGranted(state, request, spent, this.bookingTime());
    if (after !== before) await this.commit(after);
    this.known = bucket; // after the commit: what could not be booked was not granted
    return grant;
  }

  async giveBack(unused: Parameters<VisionQuotaActorApi['giveBack']>[0]) {
    const state = await this.load();
    const after = bookUnused(state, unused, this.bookingTime());
    if (after !== state) await this.commit(after);
    return { booked: true as const };
  }

  async throttled({ retryAfterMs }: Parameters<VisionQuotaActorApi['throttled']>[0]) {
    const state = await this.load();
    const bucket = throttle(this.bucketOf(state), retryAfterMs, this.monotonicMs());
    this.known = bucket; // before the commit: whatever the store says, nobody calls
    const pausedUntilMs = this.nowMs() + this.pausedForMs(bucket);
    const paused = lastingPause(state, pausedUntilMs);
    if (paused !== state) await this.commit(paused);
    return { pausedUntilMs };
  }

  async configure({ pausedUntil, ...change }: Parameters<VisionQuotaActorApi['configure']>[0]) {
    const { pausedUntilMs, ...state } = await this.load();
    const paused = pausedUntilMs === undefined || pausedUntil === null ? {} : { pausedUntilMs };
    await this.commit({ ...state, ...paused, changed: mergeChanges(state.changed ?? {}, change) });
    if (pausedUntil === null && this.known) this.known = endPause(this.known);
    return this.view();
  }

  async view(): Promise<QuotaView> {
    const state = await this.load();
    const { changed, ledger } = state;
    const settings = effectiveSettings(this.defaults, changed);
    const bucket = this.bucketOf(state);
    const pausedForMs = this.pausedForMs(bucket);
    const pausedUntil = new Date(this.nowMs() + pausedForMs).toISOString();
    const sampled = sampledOf(state, this.nowMs());
    return { settings, ledger, sampled, factor: bucket.factor, ...(pausedForMs > 0 && { pausedUntil }) };
  }

  private pausedForMs({ pausedUntilMs }: Bucket): number {
    return Math.max(0, pausedUntilMs - this.monotonicMs());
  }

  private async load(): Promise<QuotaState> {
    const stored = await this.state.head();
    const month = this.month();
    const state = stored ?? { version: 0, ledger: { month, transactions: 0, byContainer: {} } };
    return state.ledger.month === month ? state : { ...state, ledger: book(state.ledger, month, '', 0) };
  }

  private async commit(state: QuotaState): Promise<void> {
    await this.state.commit({ ...state, writtenAtMs: this.nowMs() });
  }

  private bucketOf(state: QuotaState): Bucket {
    const now = { activatedAtMs: this.activatedAtMs, nowMs: this.monotonicMs(), wallMs: this.nowMs() };
    this.known ??= state.version > 0 ? movedBucket(state, now) : emptyBucket(this.activatedAtMs);
    return this.known;
  }

  private bookingTime(): BookingTime {
    return { month: this.month(), wallMs: this.nowMs() };
  }

  private month(): string {
    return monthOf(new Date(this.nowMs()).toISOString());
  }
}
