import { AppError } from '../../src/domain/errors';
import { effectiveSettings, mergeChanges, type QuotaChange } from '../../src/domain/quota/quota';
import { setWatch, type Watch } from '../../src/domain/watch/watch';
import type { QuotaUseCases } from '../../src/use-cases/quota/port';
import type { WatchUseCases } from '../../src/use-cases/watches/port';

/** The part of the fake that keeps what holds for more than one run. */
export interface FakeSettings extends QuotaUseCases, WatchUseCases {
  /** Every change of the quota as it reached the use case. */
  readonly changes: object[];
  readonly watches: Map<string, Watch>;
}

export function fakeSettings(mayFail: () => void): FakeSettings {
  let changed: QuotaChange = {};
  let pause: { readonly pausedUntil?: string } = { pausedUntil: '2026-01-02T03:04:05.000Z' };
  const settings: FakeSettings = {
    changes: [],
    watches: new Map(),
    async getQuota() {
      mayFail();
      return {
        resource: 'local',
        ...effectiveSettings({ ratePerSecond: 10, monthlyTransactions: 5_000 }, changed),
        spent: { month: '2026-01', transactions: 44, byContainer: { photos: 44 } },
        factor: 0.7,
        ...pause,
      };
    },
    async setQuota({ resource: _, pausedUntil, ...change }) {
      mayFail();
      settings.changes.push(change);
      if (pausedUntil === null) pause = {};
      changed = mergeChanges(changed, change);
      return settings.getQuota();
    },
    async getWatch(container) {
      mayFail();
      const watch = settings.watches.get(container);
      if (!watch) throw new AppError('watch-not-found', `'${container}' is not watched.`);
      return watch;
    },
    async setWatch(asked) {
      mayFail();
      if (asked.container === 'nowhere') throw new AppError('container-not-found', 'No such container.');
      const watch = setWatch(settings.watches.get(asked.container), asked, '2026-01-02T03:04:05.000Z');
      settings.watches.set(asked.container, watch);
      return watch;
    },
    async removeWatch(container) {
      mayFail();
      settings.watches.delete(container);
    },
  };
  return settings;
}
