import type { MonthSpending } from '../../domain/quota/month-spending';
import type { QuotaChange, QuotaSettings } from '../../domain/quota/quota';

/** What Vision may be asked, shared by all runs and replicas. */
export interface QuotaUseCases {
  /** Settings, and what this month has spent. @throws AppError sidecar-unavailable (retryable) */
  getQuota(): Promise<QuotaReading>;
  /** Holds from the next lease on, for runs that are on too. @throws AppError invalid-request (another resource) */
  setQuota(change: QuotaAsked): Promise<QuotaReading>;
}

/** `pausedUntil` null: calls may start again, although Vision asked to wait for longer. */
export type QuotaAsked = QuotaChange & { readonly resource?: string; readonly pausedUntil?: null };

/** Rates in calls a second, amounts in transactions. */
export interface QuotaReading extends QuotaSettings {
  /** Name of the Vision resource that this installation calls. */
  readonly resource: string;
  /** What this month has cost so far; what is reserved for calls under way counts. */
  readonly spent: MonthSpending;
  /** 0..1 of the rate that is used now: 429s lower it, time raises it again. */
  readonly factor: number;
  /** RFC 3339. No call starts before; absent: none is held back. */
  readonly pausedUntil?: string;
}
