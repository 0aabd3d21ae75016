import { type Heard, type CallsMade, unbookedOf } from './unbooked-calls';

/**
 * What one run spends, and its cap. Transactions are reserved before a call may start in any process.
 *
 * I1 Nothing is reserved beyond the cap; so Vision never sees more, whatever dies in between: what a dead process held counts
 *    as spent.
 * I2 A report that arrives twice gives its unused calls back once.
 * I3 A run without a cap is counted too, so that a cap that is set later holds for all that it spends. What it makes without
 *    grants is counted afterwards: up to a report's time of that may lie beyond a cap that is set meanwhile.
 */
export interface RunBudget {
  readonly reserved: number;
  /** Transactions given back so far, in all; absent: none, or an older build counted them. */
  readonly returned?: number;
  /** What was counted of each session that calls without grants. */
  readonly made?: Heard;
  /** Number of the last report of each process, by session; the oldest are forgotten. */
  readonly sessions: Readonly<Record<string, number>>;
}

export const NOTHING_RESERVED: RunBudget = { reserved: 0, sessions: {} };

/** Sessions remembered: far more than a run has replicas. */
const MAX_SESSIONS = 64;

export interface BudgetReport {
  readonly session: string;
  readonly seq: number;
  /** Transactions granted to this session earlier and not spent. */
  readonly unused: number;
}

export function giveBackUnused(budget: RunBudget, { session, seq, unused }: BudgetReport): RunBudget {
  if (seq <= (budget.sessions[session] ?? -1)) return budget; // I2
  const { [session]: _, ...others } = budget.sessions;
  const recent = Object.entries(others).slice(1 - MAX_SESSIONS);
  return {
    ...budget,
    reserved: Math.max(0, budget.reserved - unused),
    returned: (budget.returned ?? 0) + unused,
    sessions: { ...Object.fromEntries(recent), [session]: seq },
  };
}

/** Calls that the cap still allows. */
export function callsLeft(budget: RunBudget, maxTransactions: number, transactionsPerCall: number): number {
  return Math.max(0, Math.floor((maxTransactions - budget.reserved) / Math.max(1, transactionsPerCall)));
}

export function reserve(budget: RunBudget, transactions: number): RunBudget {
  return { ...budget, reserved: budget.reserved + transactions };
}

/** I3 */
export function countMade(budget: RunBudget, made: CallsMade): RunBudget {
  const news = unbookedOf(budget.made ?? {}, made);
  return news === undefined ? budget : { ...reserve(budget, news.transactions), made: news.heard };
}
