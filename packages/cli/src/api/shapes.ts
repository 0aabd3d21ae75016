import type { ContainerEntry as Entry } from 'contactsheet/contract';
import type { ImageDocument } from 'contactsheet/contract';
import type { Quote as RunQuote } from 'contactsheet/contract';
import type { RunView } from 'contactsheet/contract';
import type { Sample } from 'contactsheet/contract';
import type { ContainerSummary } from 'contactsheet/contract';

/** What the API answers, as far as text shows it. `-o json` prints the answers as they came, fields unknown here too. */

export interface Run extends Omit<RunView, 'quote'> {
  readonly quote?: RunQuote & { readonly planHash?: string };
  readonly planHash?: string;
  readonly retryOf?: string;
}

export type Container = ContainerSummary;
export type ContainerEntry = Entry;
export type Image = ImageDocument;

export interface Quote {
  readonly container?: string;
  readonly features?: readonly string[];
  readonly images: {
    readonly total: number;
    readonly new: number;
    readonly changed: number;
    readonly unchanged: number;
    readonly cached?: number;
    readonly ineligible?: Readonly<Record<string, number>>;
  };
  readonly calls: number;
  readonly transactions: number;
  readonly price: { readonly unit: number; readonly currency: string; readonly total: number };
  readonly duration?: { readonly atQuotaSeconds?: number; readonly atObservedSeconds?: number };
  readonly planHash?: string;
  readonly expiresAt?: string;
  readonly sample?: Sample;
}

export interface RetryPlan {
  readonly willRetry: number;
  readonly willNot: readonly { readonly reason: string; readonly count: number }[];
}

export interface Recount {
  readonly clean: boolean;
  readonly checkedAt?: string;
  /** The first of them. */
  readonly differences: readonly unknown[];
  /** How many there are. */
  readonly count?: number;
}

/** What a run did with one image. */
export interface Outcome {
  readonly blob: string;
  readonly status: string;
  readonly reason?: string;
  readonly code?: string;
  readonly stage?: string;
  readonly retryable?: boolean;
  readonly calls: number;
  readonly transactions: number;
  readonly source?: string;
  readonly waitMs?: number;
  readonly workMs?: number;
  readonly advice?: string;
}

export interface Step {
  readonly step: string;
  readonly page?: number;
  readonly state?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly images?: number;
  readonly chunks?: readonly { readonly calls: number; readonly failed: number; readonly executions: number }[];
}

export interface AuditEntry {
  readonly at: string;
  readonly who: string;
  readonly verb: string;
  readonly reason?: string;
  readonly maxTransactions?: number;
  readonly from?: string;
  readonly to?: string;
}

export interface Quota {
  readonly resource?: string;
  readonly ratePerSecond?: number;
  readonly ratePerMinute?: number;
  readonly monthlyTransactions?: number;
  readonly containerMonthlyTransactions?: number;
  readonly weights?: Readonly<Record<string, number>>;
}

export interface Health {
  readonly status: string;
  readonly checks?: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

export interface Page<T> {
  readonly value: readonly T[];
  readonly nextLink?: string;
}
