/** What may be spent in a calendar month of UTC, in transactions. Absent: any amount. */
export interface MonthLimits {
  readonly monthlyTransactions?: number;
  /** Of each container. */
  readonly containerMonthlyTransactions?: number;
}

/** Transactions that were spent or reserved in one month, in all and by container. */
export interface MonthSpending {
  /** `2026-11` */
  readonly month: string;
  readonly transactions: number;
  readonly byContainer: Readonly<Record<string, number>>;
}

export function monthOf(iso: string): string {
  return iso.slice(0, 7);
}

/** Reserves (or gives back, below zero) transactions of a month; a new month starts empty. */
export function book(spent: MonthSpending, month: string, container: string, transactions: number): MonthSpending {
  const base: MonthSpending = spent.month === month ? spent : { month, transactions: 0, byContainer: {} };
  if (transactions === 0) return base;
  return {
    month,
    transactions: Math.max(0, base.transactions + transactions),
    byContainer: {
      ...base.byContainer,
      [container]: Math.max(0, (base.byContainer[container] ?? 0) + transactions),
    },
  };
}

/** Calls that may still start in the month. Infinity where no month is limited. */
export function callsLeftInMonth(
  limits: MonthLimits,
  spent: MonthSpending,
  { container, transactionsPerCall }: { readonly container: string; readonly transactionsPerCall: number },
): number {
  const { monthlyTransactions = Infinity, containerMonthlyTransactions = Infinity } = limits;
  const spentHere = spent.byContainer[container] ?? 0;
  return callsOf(
    Math.min(monthlyTransactions - spent.transactions, containerMonthlyTransactions - spentHere),
    transactionsPerCall,
  );
}

/** Whole calls that so many transactions pay for. */
export function callsOf(transactions: number, transactionsPerCall: number): number {
  return Math.floor(transactions / Math.max(1, transactionsPerCall));
}
