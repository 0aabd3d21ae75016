import type { Container, CosmosClient } from '@azure/cosmos';
import type { Watch } from '../../domain/watch';
import { COSMOS } from '../../names';
import { cosmosError, isConflict, isNotFound } from '../cosmos/failure';
import { queryPage } from '../cosmos/page';
import { WATCHES_PARTITION } from '../cosmos/schema';
import type { WatchesGateway } from './port';

type WatchDocument = Watch & { readonly id: string; readonly kind: string; readonly _etag?: string };

/** Each lost race means that another change of the same watch went through. */
const MAX_RACES = 10;

export function createCosmosWatches(client: CosmosClient): WatchesGateway {
  const documents = client.database(COSMOS.database).container(COSMOS.runs.id);
  return {
    async get(container) {
      const stored = await read(documents, container);
      return stored && watchOf(stored);
    },
    async change(container, apply) {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const stored = await read(documents, container);
        const before = stored && watchOf(stored);
        const after = apply(before);
        if (after === before || (await write(documents, container, after, stored?._etag))) return after;
      }
      throw cosmosError(new Error(`lost ${MAX_RACES} races`), `writing the watch of ${container}`);
    },
    async list(request) {
      const query = 'SELECT * FROM c ORDER BY c.container';
      const partition = WATCHES_PARTITION.value;
      const page = await queryPage<WatchDocument>(
        documents,
        { partition, query, doing: 'listing the watches' },
        request,
      );
      return { ...page, value: page.value.map(watchOf) };
    },
  };
}

/** A name of a container is short and plain: it is its own id. */
function item(documents: Container, container: string) {
  return documents.item(container, WATCHES_PARTITION.value);
}

async function read(documents: Container, container: string): Promise<WatchDocument | undefined> {
  try {
    // A missing item is a 404 in the response, not an error.
    return (await item(documents, container).read<WatchDocument>()).resource;
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw cosmosError(thrown, `reading the watch of ${container}`);
  }
}

/** False when somebody else wrote first. */
async function write(
  documents: Container,
  container: string,
  watch: Watch | undefined,
  etag: string | undefined,
): Promise<boolean> {
  const accessCondition = { type: 'IfMatch', condition: etag ?? '' };
  try {
    if (!watch) await item(documents, container).delete({ accessCondition });
    else {
      const document: WatchDocument = { ...watch, id: container, kind: WATCHES_PARTITION.value };
      if (etag === undefined) await documents.items.create(document);
      else await item(documents, container).replace(document, { accessCondition });
    }
    return true;
  } catch (thrown) {
    if (isConflict(thrown) || isNotFound(thrown)) return false;
    throw cosmosError(thrown, `writing the watch of ${container}`);
  }
}

function watchOf(document: WatchDocument): Watch {
  const { id: _id, kind: _kind, ...rest } = document;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('_'))) as unknown as Watch;
}
