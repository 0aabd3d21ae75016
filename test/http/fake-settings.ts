import { effectiveSettings, mergeChanges, type QuotaChange } from '../../src/domain/quota';
import type { QuotaUseCases } from '../../src/http/quota-use-cases';

/** The part of the fake that keeps what holds for more than one run. */
export interface FakeSettings extends QuotaUseCases {
  /** Every change of the quota as it reached the use case. */
  readonly changes: object[];
}

export function fakeSettings(mayFail: () => void): FakeSettings {
  let changed: QuotaChange = {};
  const settings: FakeSettings = {
    changes: [],
    async getQuota() {
      mayFail();
      return {
        resource: 'local',
        ...effectiveSettings({ ratePerSecond: 10, monthlyTransactions: 5_000 }, changed),
        spent: { month: '2026-01', transactions: 44, byContainer: { photos: 44 } },
        factor: 0.7,
        pausedUntil: '2026-01-02T03:04:05.000Z',
      };
    },
    async setQuota({ resource: _, ...change }) {
      mayFail();
      settings.changes.push(change);
      changed = mergeChanges(changed, change);
      return settings.getQuota();
    },
  };
  return settings;
}
