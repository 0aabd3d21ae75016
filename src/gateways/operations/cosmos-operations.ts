import type { CosmosClient } from '@azure/cosmos';
import type { KnownOperations } from '../../domain/operation';
import { OPERATIONS_PARTITION } from '../cosmos/schema';
import { createStoreByContainer } from '../cosmos/store-by-container';
import type { OperationsGateway } from './port';

export function createCosmosOperations(client: CosmosClient): OperationsGateway {
  const words = { one: 'the operations', all: 'the operations' };
  return createStoreByContainer<KnownOperations>(client, OPERATIONS_PARTITION.value, words);
}
