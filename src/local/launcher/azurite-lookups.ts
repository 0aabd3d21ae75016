/**
 * Loaded into Azurite before itself (`node --require`): without it each read of a blob costs time in proportion to all
 * blobs, 0.4 ms at 1,000 and 4 ms at 5,000, because its database uses an index for the first property of a query alone and
 * Azurite asks for the account first, which all blobs share. Asked for the name first it finds the same in no time.
 *
 * Source: azurite 3.35 `LokiBlobMetadataStore.getBlobWithLeaseUpdated`, lokijs 1.5 `Resultset.findAnd`.
 */
import { createRequire } from 'node:module';

type Query = Readonly<Record<string, unknown>>;

interface Loki {
  readonly Collection: { readonly prototype: { findOne(query?: Query): unknown } };
}

const { prototype } = (createRequire(process.argv[1] ?? __filename)('lokijs') as Loki).Collection;
const { findOne } = prototype;

prototype.findOne = function nameFirst(query?: Query) {
  return findOne.call(this, typeof query?.name === 'string' ? { name: query.name, ...query } : query);
};
