import { MOST_TRANSACTIONS, type Price, priceOf, type Quote } from '../money/quote';

/** When a run must be approved before it spends: never, whenever it would spend, or above an amount in the currency. */
export type ApprovalRule = 'auto' | 'always' | { readonly above: number };

/** A run that waits, or waited, for its owner's consent. */
export interface RunApproval {
  readonly askedAt: string;
  /** Not decided by then, the run ends Cancelled. */
  readonly expiresAt: string;
  readonly approvedAt?: string;
  /** The cap that the consent named. */
  readonly maxTransactions?: number;
}

/** A plan that spends nothing needs nobody's consent. */
export function needsApproval(
  rule: ApprovalRule,
  quote: { readonly transactions: number; readonly price: Pick<Quote['price'], 'total'> },
): boolean {
  return quote.transactions !== 0 && quote.price.total > freeUpTo(rule);
}

/**
 * The most transactions that the rule lets pass without consent: needsApproval says no for them. undefined where it lets
 * every number pass.
 */
export function freeTransactions(rule: ApprovalRule, price: Pick<Price, 'unit'>): number | undefined {
  const amount = freeUpTo(rule);
  if (amount < 0) return 0;
  const count = Math.floor(amount / price.unit);
  if (!(count < MOST_TRANSACTIONS)) return undefined; // a price of 0 too
  const isFree = (transactions: number) => priceOf(transactions, price) <= amount;
  if (!isFree(count)) return count - 1; // a quotient of two decimals is a little too large, or too small
  return isFree(count + 1) ? count + 1 : count;
}

/** May a run of this rule spend only what was priced? What its owner agreed to, or need not be asked for, is the quote. */
export function asksForConsent(rule: ApprovalRule = 'auto'): boolean {
  return rule !== 'auto';
}

/** Of two rules the one that asks whenever one of them would. */
export function stricter(one: ApprovalRule, other: ApprovalRule): ApprovalRule {
  return freeUpTo(one) < freeUpTo(other) ? one : other;
}

/** The price that needs no consent. */
function freeUpTo(rule: ApprovalRule): number {
  if (rule === 'auto') return Number.POSITIVE_INFINITY;
  return rule === 'always' ? Number.NEGATIVE_INFINITY : rule.above;
}

/** What the owner answers; `planHash` says to which plan. */
export interface ApprovalAnswer {
  readonly approved: boolean;
  readonly planHash?: string;
  readonly maxTransactions?: number;
  readonly reason?: string;
}

const MAX_REASON = 500;

/**
 * The payload of the external event `approval`, which anybody may have raised. undefined when it is no answer: a maximum that
 * cannot be read is not the same as none.
 */
export function readApprovalAnswer(payload: unknown): ApprovalAnswer | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { approved, planHash, maxTransactions, reason } = payload as Record<string, unknown>;
  if (typeof approved !== 'boolean') return undefined;
  if (approved && maxTransactions !== undefined && !isCount(maxTransactions)) return undefined;
  return {
    approved,
    ...(typeof planHash === 'string' && { planHash: planHash.slice(0, 64) }),
    ...(isCount(maxTransactions) && { maxTransactions }),
    ...(typeof reason === 'string' && { reason: reason.slice(0, MAX_REASON) }),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
