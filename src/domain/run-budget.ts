/**
 * The cap of one run: transactions are reserved before a call may start, whoever makes it.
 *
 * I1 reserved <= cap, always; so Vision never sees more, whatever dies in between: what a dead process held counts as spent.
 * I2 A report that arrives twice gives its unused calls back once.
 */
export interface RunBudget {
  readonly reserved: number;
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
    reserved: Math.max(0, budget.reserved - unused),
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
