import { defined } from '../../domain/defined';
import { type CacheEntry, givenBack, leased, standingOf } from './cache-entry';
import type { CacheGateway } from './port';

export interface MemoryCache extends CacheGateway {
  readonly entries: ReadonlyMap<string, CacheEntry>;
  /** As if nothing had ever been asked. */
  forget(): void;
}

/** The cache in memory: same decisions, versions and conflicts. */
export function createMemoryCache(): MemoryCache {
  const entries = new Map<string, CacheEntry>();
  const versions = new Map<string, number>();
  const notes = new Map<string, readonly string[]>();
  let clock = 0;
  const set = (entry: CacheEntry): string => {
    clock += 1;
    entries.set(entry.id, structuredClone(entry));
    versions.set(entry.id, clock);
    return String(clock);
  };
  const isAt = (key: string, version: string) => String(versions.get(key)) === version;
  return {
    entries,
    forget() {
      entries.clear();
      versions.clear();
      notes.clear();
    },
    async claim(key, wanted, claimant) {
      const entry = entries.get(key);
      if (!entry) return { state: 'granted', key, version: set(leased({ id: key }, claimant)) };
      const standing = standingOf(entry, wanted, claimant);
      if (standing.kind === 'hit') return { state: 'hit', answer: standing.answer };
      if (standing.kind === 'busy') return { state: 'busy', holder: standing.holder };
      const { kind: _, ...rest } = standing;
      return { state: 'granted', key, version: set(leased(entry, claimant)), ...rest };
    },
    async put({ key, version }, answer, listedKey, unheard) {
      if (!isAt(key, version)) return false;
      set({ id: key, ...answer, ...defined({ unheard }) });
      if (listedKey !== undefined) notes.set(listedKey, answer.analyzer.features);
      return true;
    },
    async known(listedKeys) {
      return new Map(listedKeys.flatMap((key) => (notes.has(key) ? [[key, notes.get(key) ?? []]] : [])));
    },
    async release(claim, unheard = []) {
      const { key, version } = claim;
      if (!isAt(key, version)) return;
      const left = givenBack(claim, unheard);
      if (left) set(left);
      else {
        entries.delete(key);
        versions.delete(key);
      }
    },
  };
}
