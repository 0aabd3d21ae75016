import type { LeaseGrant, LeaseRequest, Ledger, QuotaChange, QuotaSettings } from '../../domain/quota/quota';

/** Serial by Vision resource: who may call, and when. */
export interface VisionQuotaActorApi {
  lease(request: LeaseRequest): Promise<LeaseGrant>;
  /** Reserved and not used: given back to the month. */
  giveBack(input: { readonly container: string; readonly transactions: number }): Promise<{ readonly booked: true }>;
  /** A 429 was answered. */
  throttled(input: { readonly retryAfterMs: number }): Promise<{ readonly pausedUntilMs: number }>;
  /** On top of what was set before. `pausedUntil` null ends the pause that Vision asked for. */
  configure(change: QuotaChange & { readonly pausedUntil?: null }): Promise<QuotaView>;
  view(): Promise<QuotaView>;
}

export interface QuotaView {
  readonly settings: QuotaSettings;
  readonly ledger: Ledger;
  /** RFC 3339; absent when nothing is held back. */
  readonly pausedUntil?: string;
  /** 0..1 of the rate that is used now. */
  readonly factor: number;
}
