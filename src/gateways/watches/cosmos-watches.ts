import type { CosmosClient } from '@azure/cosmos';
import type { Watch } from '../../domain/watch/watch';
import { WATCHES_PARTITION } from '../cosmos/schema';
import { createStoreByContainer } from '../cosmos/store-by-container';
import type { WatchesGateway } from './port';

export function createCosmosWatches(client: CosmosClient): WatchesGateway {
  return createStoreByContainer<Watch>(client, WATCHES_PARTITION.value, { one: 'the watch', all: 'the watches' });
}
