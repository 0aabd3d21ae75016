import type { CosmosClient } from '@azure/cosmos';
import type { ContainerEntry } from '../../domain/container/container-entry';
import { CONTAINERS_PARTITION } from '../cosmos/schema';
import { createStoreByContainer } from '../cosmos/store-by-container';
import type { ContainersGateway } from './port';

export function createCosmosContainers(client: CosmosClient): ContainersGateway {
  const words = { one: 'the entry', all: 'the containers' };
  const entries = createStoreByContainer<ContainerEntry>(client, CONTAINERS_PARTITION.value, words);
  return {
    async refresh(container, look) {
      await entries.change(container, look);
    },
    list: entries.list,
  };
}
