/**
 * Loaded into Azurite before itself (`node --require`): without it reading and deleting a blob cost time in proportion to
 * all blobs. Its database uses an index for the first property of a query alone, and Azurite asks for the account first,
 * which all blobs share; and a deletion by query makes it sort all its indexes anew, where the deletion of a document
 * mends them. Here the name is asked for first, and what is named is deleted as a document.
 *
 * Source: azurite 3.35 `LokiBlobMetadataStore`; lokijs 1.5 `Resultset.findAnd`, `removeBatchByPositions`, `remove`.
 */
import { createRequire } from 'node:module';

type Query = Readonly<Record<string, unknown>>;

interface Collection {
  find(query: Query): readonly object[];
  remove(document: object): void;
  findAndRemove(query: Query): void;
}

interface Loki {
  readonly Resultset: { readonly prototype: { find(query?: Query, firstOnly?: boolean): unknown } };
  readonly Collection: { readonly prototype: Collection };
}

const loki = createRequire(process.argv[1] ?? __filename)('lokijs') as Loki;
const resultset = loki.Resultset.prototype;
const collection = loki.Collection.prototype;
const { find } = resultset;
const { findAndRemove } = collection;

const hasName = (query: Query | undefined): query is Query => typeof query?.name === 'string';

resultset.find = function nameFirst(query?: Query, firstOnly?: boolean) {
  const isMixed = hasName(query) && Object.keys(query).length > 1;
  return find.call(this, isMixed ? { name: query.name, ...query } : query, firstOnly);
};

collection.findAndRemove = function oneByOne(this: Collection, query: Query) {
  if (!hasName(query)) return findAndRemove.call(this, query);
  for (const document of [...this.find(query)]) this.remove(document);
};
