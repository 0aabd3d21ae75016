import { storedShapes } from '../stored';
import type { Ledger, QuotaState } from './quota';

/** What the quota actor has stored. */
export const STORED_QUOTA = storedShapes<QuotaState>('The state of the quota', [
  ({ ledger, ...stored }: FirstQuotaState) => ({ ...stored, ledger: { transactions: 0, byContainer: {}, ...ledger } }),
]);

type FirstQuotaState = Omit<QuotaState, 'ledger'> & { readonly ledger: Pick<Ledger, 'month'> & Partial<Ledger> };
