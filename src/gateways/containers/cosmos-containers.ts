import type { Container, CosmosClient } from '@azure/cosmos';
import type { ContainerEntry } from '../../domain/container-entry';
import { COSMOS } from '../../names';
import { cosmosError, isConflict, isNotFound } from '../cosmos/failure';
import { queryPage } from '../cosmos/page';
import { CONTAINERS_PARTITION } from '../cosmos/schema';
import type { ContainersGateway } from './port';

type EntryDocument = ContainerEntry & { readonly id: string; readonly kind: string; readonly _etag?: string };

/** Each lost race means that another look at the same container went through. */
const MAX_RACES = 10;

export function createCosmosContainers(client: CosmosClient): ContainersGateway {
  const documents = client.database(COSMOS.database).container(COSMOS.runs.id);
  return {
    async refresh(container, look) {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const version = await versionOf(documents, container);
        if (await write(documents, await look(), version)) return;
      }
      throw cosmosError(new Error(`lost ${MAX_RACES} races`), `writing the entry of ${container}`);
    },
    async list(request) {
      const query = 'SELECT * FROM c ORDER BY c.container';
      const partition = CONTAINERS_PARTITION.value;
      const page = await queryPage<EntryDocument>(
        documents,
        { partition, query, doing: 'listing the containers' },
        request,
      );
      return { ...page, value: page.value.map(entryOf) };
    },
  };
}

/** A name of a container is short and plain: it is its own id. */
function item(documents: Container, container: string) {
  return documents.item(container, CONTAINERS_PARTITION.value);
}

async function versionOf(documents: Container, container: string): Promise<string | undefined> {
  try {
    // A missing item is a 404 in the response, not an error.
    return (await item(documents, container).read<EntryDocument>()).resource?._etag;
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw cosmosError(thrown, `reading the entry of ${container}`);
  }
}

/** False when somebody else wrote first. */
async function write(documents: Container, entry: ContainerEntry, version: string | undefined): Promise<boolean> {
  const document: EntryDocument = { ...entry, id: entry.container, kind: CONTAINERS_PARTITION.value };
  try {
    if (version === undefined) await documents.items.create(document);
    else {
      const accessCondition = { type: 'IfMatch', condition: version };
      await item(documents, entry.container).replace(document, { accessCondition });
    }
    return true;
  } catch (thrown) {
    if (isConflict(thrown) || isNotFound(thrown)) return false;
    throw cosmosError(thrown, `writing the entry of ${entry.container}`);
  }
}

function entryOf(document: EntryDocument): ContainerEntry {
  const { id: _id, kind: _kind, ...rest } = document;
  return Object.fromEntries(
    Object.entries(rest).filter(([name]) => !name.startsWith('_')),
  ) as unknown as ContainerEntry;
}
