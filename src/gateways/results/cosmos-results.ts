import type { CosmosClient } from '@azure/cosmos';
import type { TotalsVector } from '../../domain/container/totals';
import { defined } from '../../domain/defined';
import { imageId } from '../../domain/ids';
import type { ImageDocument, StoredImage } from '../../domain/image/image';
import { STORED_IMAGE } from '../../domain/image/stored-image';
import { codePointBounds, isWithin } from '../../domain/image/name-order';
import { COSMOS } from '../../names';
import { queryPage, streamQuery } from '../cosmos/page';
import { type DocumentWrite, documentWrite, readDocument, writeBatch, writeOne } from './document-writes';
import { createGroupCommitter } from './group-commit';
import type { Page, PageRequest } from '../../domain/page';
import type { ImageFilter, NameInterval, ResultsGateway, SaveOutcome } from './port';
import { fromStored, STORED_IMAGE_PROJECTION, type StoredDocument } from './stored-document';

/**
 * Results in Cosmos DB. A version is the document's `_etag` as the store writes it, quotes included.
 *
 * Saves are grouped (group-commit.ts) and written conditionally (document-writes.ts). The client belongs to the caller,
 * who disposes of it: `close` waits for the writes that are under way.
 */
export interface CosmosResultsSettings {
  readonly client: CosmosClient;
  /** Storage account: a part of every image id. */
  readonly account: string;
}

export function createCosmosResults({ client, account }: CosmosResultsSettings): ResultsGateway {
  const container = client.database(COSMOS.database).container(COSMOS.images.id);
  const committer = createGroupCommitter<DocumentWrite, SaveOutcome>({
    idOf: (write) => write.stored.id,
    partitionOf: (write) => write.stored.container,
    sizeOf: (write) => write.sizeBytes,
    commitBatch: (partition, writes) => writeBatch(container, partition, writes),
    commitOne: (write) => writeOne(container, write),
  });

  async function* images(query: Parameters<typeof streamQuery>[1]): AsyncGenerator<StoredImage> {
    for await (const stored of streamQuery<object>(container, query)) yield STORED_IMAGE.read(stored);
  }

  return {
    async *range(partition, interval) {
      for await (const image of images({ partition, ...rangeQuery(interval) })) {
        if (isWithin(image.blob, interval)) yield image;
      }
    },

    async get(partition, blob) {
      const stored = await readDocument(container, imageId(account, partition, blob), partition);
      return stored && { document: fromStored(stored), version: stored._etag ?? '' };
    },

    save: (document, expected) => committer.submit(documentWrite(document, expected)),

    writtenBy(partition, chunkId) {
      const query = `SELECT ${STORED_IMAGE_PROJECTION} FROM c WHERE c.chunkId = @chunkId`;
      const doing = `reading what chunk ${chunkId} wrote`;
      return images({ partition, query, parameters: { chunkId }, doing });
    },

    contributions(partition) {
      const query = 'SELECT VALUE c.contribution FROM c';
      return streamQuery<TotalsVector>(container, { partition, query, doing: `recounting '${partition}'` });
    },

    async list(partition: string, filter: ImageFilter, request: PageRequest): Promise<Page<ImageDocument>> {
      const page = await queryPage<StoredDocument>(container, { partition, ...listQuery(filter) }, request);
      return { ...page, value: page.value.map(fromStored) };
    },

    async ping() {
      // One read of a document that is not there: a request unit, and no share of the account's metadata quota.
      await readDocument(container, 'ping', 'ping');
    },

    close: () => committer.drained(),
  };
}

/** The store compares by code point: where the bounds mean another order, it is asked for all that may lie between. */
function rangeQuery({ prefix, ...bounds }: NameInterval) {
  const { from, to } = codePointBounds(bounds);
  const conditions = [
    ...(from === undefined ? [] : ['c.blob > @from']),
    ...(to === undefined ? [] : ['c.blob <= @to']),
    ...(prefix === '' ? [] : ['STARTSWITH(c.blob, @prefix)']),
  ];
  const parameters = {
    ...defined({ from, to }),
    ...(prefix !== '' && { prefix }),
  };
  const query = `SELECT ${STORED_IMAGE_PROJECTION} FROM c${where(conditions)} ORDER BY c.blob`;
  return { query, parameters, doing: 'reading stored results' };
}

function listQuery({ status, tag }: ImageFilter) {
  const conditions = [
    ...(status === undefined ? [] : ['c.status = @status']),
    ...(tag === undefined ? [] : ['ARRAY_CONTAINS(c.tagNames, @tag)']),
  ];
  const parameters = defined({ status, tag });
  return { query: `SELECT * FROM c${where(conditions)} ORDER BY c.blob`, parameters, doing: 'listing results' };
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}
