import { createDaprManifests } from './dapr-manifests';
import type { ManifestsGateway } from './port';

/** Manifests in memory: the same adapter over a state store that is a map, so keys and packing are the real ones. */
export interface MemoryManifests extends ManifestsGateway {
  /** Every key that is stored, sorted. */
  keys(): readonly string[];
  /** Loses one key, as storage might. */
  lose(key: string): void;
}

export function createMemoryManifests(): MemoryManifests {
  const stored = new Map<string, string>();
  const manifests = createDaprManifests({
    async getState(_component, key) {
      const text = stored.get(key);
      return text === undefined ? undefined : { value: JSON.parse(text), text, etag: '' };
    },
    async saveState(_component, key, value, options) {
      if (options?.firstWrite && stored.has(key)) return 'conflict';
      stored.set(key, JSON.stringify(value));
      return 'saved';
    },
    async deleteState(_component, key) {
      stored.delete(key);
    },
  });
  return { ...manifests, keys: () => [...stored.keys()].sort(), lose: (key) => void stored.delete(key) };
}
