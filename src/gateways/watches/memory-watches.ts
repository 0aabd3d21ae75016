import type { Watch } from '../../domain/watch/watch';
import { createMemoryStoreByContainer } from '../cosmos/memory-store-by-container';
import type { WatchesGateway } from './port';

/** The watched containers in memory. */
export function createMemoryWatches(): WatchesGateway {
  return createMemoryStoreByContainer<Watch>();
}
