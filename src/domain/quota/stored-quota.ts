import { storedShapes } from '../stored';
import type { MonthSpending } from './month-spending';
import type { QuotaState } from './quota';

/** What the quota actor has stored. */
export const STORED_QUOTA = storedShapes<QuotaState>('The state of the quota', [
  ({ ledger, ...stored }: FirstQuotaState) => ({ ...stored, ledger: { transactions: 0, byContainer: {}, ...ledger } }),
]);

type FirstQuotaState = Omit<QuotaState, 'ledger'> & {
  readonly ledger: Pick<MonthSpending, 'month'> & Partial<MonthSpending>;
};
