import type { CosmosClient } from '@azure/cosmos';
import { STORED_ENTRY } from '../../domain/container/stored-container';
import type { StoredShapes } from '../../domain/stored';
import { STORED_OPERATIONS } from '../../domain/stored-operation';
import { STORED_INSTANCE } from '../../domain/run/instance-entry';
import { STORED_WATCH } from '../../domain/watch/stored-watch';
import { COSMOS } from '../../names';
import { cosmosError, isConflict, isNotFound, readItem } from '../cosmos/failure';
import { queryPage } from '../cosmos/page';
import { CONTAINERS_PARTITION, INSTANCES_PARTITION, OPERATIONS_PARTITION, WATCHES_PARTITION } from '../cosmos/schema';
import type { StoreByContainer, Stores } from './port';

/** For messages: `the watch`, `the watches`. */
interface Words {
  readonly one: string;
  readonly all: string;
}

type Stored<T> = T & { readonly id: string; readonly kind: string; readonly _etag?: string };

/** Each lost race means that another change of the same value went through. */
const MAX_RACES = 10;

export function createCosmosStores(client: CosmosClient): Stores {
  return {
    containers: storeOf(client, CONTAINERS_PARTITION.value, STORED_ENTRY, { one: 'the entry', all: 'the containers' }),
    watches: storeOf(client, WATCHES_PARTITION.value, STORED_WATCH, { one: 'the watch', all: 'the watches' }),
    operations: storeOf(client, OPERATIONS_PARTITION.value, STORED_OPERATIONS, {
      one: 'the operations',
      all: 'the operations',
    }),
    instances: storeOf(client, INSTANCES_PARTITION.value, STORED_INSTANCE, {
      one: 'the entry',
      all: 'the instance ids',
    }),
  };
}

/** A container's name is short and plain, and so is an instance id in its stored form: it is the id of its document. */
function storeOf<T extends { readonly container: string }>(
  client: CosmosClient,
  partition: string,
  shapes: StoredShapes<T>,
  { one, all }: Words,
): StoreByContainer<T> {
  const documents = client.database(COSMOS.database).container(COSMOS.runs.id);
  const item = (container: string) => documents.item(container, partition);

  const open = (stored: Stored<T>): T => shapes.read(plain(stored));

  async function read(container: string): Promise<Stored<T> | undefined> {
    return readItem<Stored<T>>(item(container), `reading ${one} of ${container}`);
  }

  /** False when somebody else wrote first. */
  async function write(container: string, value: T | undefined, etag: string | undefined): Promise<boolean> {
    const accessCondition = { type: 'IfMatch', condition: etag ?? '' };
    try {
      if (!value) await item(container).delete({ accessCondition });
      else {
        const document: Stored<T> = { ...shapes.stamped(value), id: container, kind: partition };
        if (etag === undefined) await documents.items.create(document);
        else await item(container).replace(document, { accessCondition });
      }
      return true;
    } catch (thrown) {
      if (isConflict(thrown) || isNotFound(thrown)) return false;
      throw cosmosError(thrown, `writing ${one} of ${container}`);
    }
  }

  return {
    async get(container) {
      const stored = await read(container);
      return stored && open(stored);
    },
    async change(container, apply) {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const stored = await read(container);
        const before = stored && open(stored);
        const after = await apply(before);
        if (after === before || (await write(container, after, stored?._etag))) return after;
      }
      throw cosmosError(new Error(`lost ${MAX_RACES} races`), `writing ${one} of ${container}`);
    },
    async list(request) {
      const query = 'SELECT * FROM c ORDER BY c.container';
      const page = await queryPage<Stored<T>>(documents, { partition, query, doing: `listing ${all}` }, request);
      return { ...page, value: page.value.map((stored) => open(stored)) };
    },
  };
}

function plain(stored: Stored<object>): object {
  const { id: _id, kind: _kind, ...rest } = stored;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('_')));
}
