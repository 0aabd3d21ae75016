import type { MonthSpending } from '../../domain/quota/month-spending';
import type { LeaseGrant, LeaseRequest, QuotaChange, QuotaSettings, Unused } from '../../domain/quota/quota';

/**
 * Serial by Vision resource: who may call, and when. Rates are calls a second, amounts transactions, durations milliseconds.
 *
 * Every method: @throws AppError sidecar-unavailable, actor-failed, invalid-request (refused by its schema).
 */
export interface VisionQuotaActorApi {
  /** Asks for calls. What is granted is reserved in the month; it starts within 1 s or is given back. */
  lease(request: LeaseRequest): Promise<LeaseGrant>;
  /** Reserved and not used: given back to the month, and to what samples may spend. */
  giveBack(unused: Unused): Promise<{ readonly booked: true }>;
  /** A 429 was answered: no replica calls before `pausedUntilMs` (milliseconds since 1970), and the rate falls. */
  throttled(input: { readonly retryAfterMs: number }): Promise<{ readonly pausedUntilMs: number }>;
  /** On top of what was set before. `pausedUntil` null ends the pause that Vision asked for. */
  configure(change: QuotaChange & { readonly pausedUntil?: null }): Promise<QuotaView>;
  /** Settings, the month, and what is held back now. */
  view(): Promise<QuotaView>;
}

/** What is set, what was spent, and what is in force. */
export interface QuotaView {
  readonly settings: QuotaSettings;
  readonly ledger: MonthSpending;
  /** Transactions that samples without an approver have spent within 24 hours, or reserved. */
  readonly sampled: number;
  /** RFC 3339; absent when nothing is held back. */
  readonly pausedUntil?: string;
  /** 0..1 of the rate that is used now. */
  readonly factor: number;
}
