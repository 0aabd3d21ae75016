/** What SQLite filters and orders is what the evaluator would have filtered and ordered, page by page (L1). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { writeDocument } from '../../../packages/dev-cosmos/src/documents';
import { runQuery } from '../../../packages/dev-cosmos/src/query-runner';
import { evaluate, follow } from '../../../packages/dev-cosmos/src/sql/evaluator';
import type { ComparisonOperator, Expression, Query } from '../../../packages/dev-cosmos/src/sql/syntax';
import {
  compareStrings,
  type Json,
  type JsonObject,
  typeRank,
  type Value,
} from '../../../packages/dev-cosmos/src/sql/values';
import { type ContainerEntry, Store } from '../../../packages/dev-cosmos/src/store';

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'b',
    'ab',
    'a\u0000b',
    'a"b',
    'ä',
    '\ud7ff',
    '\uffff',
    '😀',
    '😀a',
    '{"k":1}',
    '1',
    'null',
    'true',
    "it's",
  ),
  fc.string({ unit: 'binary', maxLength: 3 }).filter((value) => !/\p{Surrogate}/u.test(value)),
);
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.1, 0.30000000000000004, 4.999999999999999, 5, 5.000000000000001, 2 ** 53, 2 ** 60, 2 ** 62, 1e21),
);
const scalar: fc.Arbitrary<Json> = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('k', 'l'), scalar, { maxKeys: 2 }) },
);
const fields = fc.record(
  { a: value, b: value, n: fc.record({ a: value }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);

const path: fc.Arbitrary<Expression> = fc
  .constantFrom<(string | number)[]>(['a'], ['a'], ['b'], ['n', 'a'], ['id'], ['pk'], ['n', 'd e'])
  .map((keys) => ({ kind: 'path', keys }));
const constant: fc.Arbitrary<Expression> = value.map((json) => ({ kind: 'constant', value: json }));
const operator = fc.constantFrom<ComparisonOperator>('=', '!=', '<', '<=', '>', '>=');
const strings: fc.Arbitrary<Expression> = fc
  .array(fc.oneof({ weight: 5, arbitrary: text }, { weight: 1, arbitrary: scalar }), { maxLength: 4 })
  .map((items) => ({ kind: 'constant', value: items }));
const call = (name: string, ...args: fc.Arbitrary<Expression>[]): fc.Arbitrary<Expression> =>
  fc.tuple(...args).map((list) => ({ kind: 'call', name, args: list }));
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ kind: fc.constant('comparison' as const), operator, left: path, right: constant }),
  fc.record({ kind: fc.constant('comparison' as const), operator, left: constant, right: path }),
  fc.record({ kind: fc.constant('between' as const), operand: path, low: constant, high: constant }),
  fc.record({
    kind: fc.constant('in' as const),
    operand: path,
    list: fc.array(constant, { minLength: 1, maxLength: 3 }),
  }),
  call('STARTSWITH', path, constant),
  call('CONTAINS', path, constant),
  call('IS_NULL', path),
  call('IS_DEFINED', path),
  call('ARRAY_CONTAINS', strings, path),
);
const { where } = fc.letrec<{ where: Expression }>((tie) => ({
  where: fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('and' as const), left: tie('where'), right: tie('where') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('or' as const), left: tie('where'), right: tie('where') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('not' as const), operand: tie('where') }) },
  ),
}));
const orderBy = fc.option(
  fc.record({ keys: fc.constantFrom<string[]>(['a'], ['n', 'a'], ['id'], ['pk']), descending: fc.boolean() }),
  { nil: undefined },
);

let folder: string;
let store: Store;
let container: ContainerEntry;
let documents: JsonObject[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cosmos-push-down-'));
  store = new Store(join(folder, 'cosmos.sqlite'));
  await store.createDatabase('db');
  container = await store.createContainer('db', {
    id: 'c',
    partitionKeyPath: '/pk',
    defaultTtlS: undefined,
    resource: {},
  });
  const samples = fc.sample(fields, { numRuns: 400, seed: 7 });
  documents = samples.map((sample, index) => ({ ...sample, id: `d${index}`, pk: `p${index % 3}` }));
  await store.write(() => {
    for (const document of documents) writeDocument(container, 'create', JSON.stringify(document.pk), document, {});
  });
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every page of a query, with the documents cut down to their ids. */
function idsOf(query: Query, partition: string | undefined, maxItems: number): string[] {
  const ids: string[] = [];
  let continuation: string | undefined;
  do {
    const partitionKey = partition === undefined ? undefined : JSON.stringify(partition);
    const page = runQuery(container, { query, partitionKey, maxItems, continuation, identity: 'q' });
    expect(page.items.length).toBeLessThanOrEqual(maxItems);
    for (const item of page.items) ids.push((JSON.parse(item) as { id: string }).id);
    continuation = page.continuation;
  } while (continuation !== undefined);
  return ids;
}

/** The order the server promises; arrays and objects among themselves are left out of the comparison. */
function comparable(left: Value, right: Value): number {
  const ranks = typeRank(left) - typeRank(right);
  if (ranks !== 0) return ranks;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return typeof left === 'string' && typeof right === 'string' ? compareStrings(left, right) : 0;
}

it('gives the documents the evaluator would give, in order, whatever the page size', () => {
  const query = fc.record({ where: fc.option(where, { nil: undefined }), orderBy });
  fc.assert(
    fc.property(
      query,
      fc.constantFrom(undefined, 'p0', 'p1'),
      fc.constantFrom(7, 50, 1000),
      (clauses, partition, maxItems) => {
        const asked: Query = { projection: { kind: 'all' }, offset: 0, limit: undefined, ...clauses };
        const expected = documents.filter(
          (document) =>
            (partition === undefined || document.pk === partition) &&
            (asked.where === undefined || evaluate(asked.where, document) === true) &&
            (asked.orderBy === undefined || follow(document, asked.orderBy.keys) !== undefined),
        );
        const ids = idsOf(asked, partition, maxItems);
        expect([...ids].sort()).toEqual(expected.map((document) => document.id).sort());
        if (asked.orderBy === undefined) return;
        const { keys, descending } = asked.orderBy;
        const byId = new Map(documents.map((document) => [document.id, document]));
        const values = ids.map((id) => follow(byId.get(id), keys));
        values.slice(1).forEach((next, index) => {
          const order = comparable(values[index], next);
          expect(descending ? order >= 0 : order <= 0).toBe(true);
        });
      },
    ),
    { numRuns: 400 },
  );
});

it('orders strings as their UTF-8 bytes are ordered', () => {
  fc.assert(
    fc.property(text, text, (left, right) => {
      expect(Math.sign(compareStrings(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
  );
});

it('skips and limits across pages', () => {
  const all = idsOf(
    {
      projection: { kind: 'all' },
      where: undefined,
      orderBy: { keys: ['id'], descending: false },
      offset: 0,
      limit: undefined,
    },
    undefined,
    1000,
  );
  for (const maxItems of [3, 10, 1000]) {
    const query: Query = {
      projection: { kind: 'all' },
      where: undefined,
      orderBy: { keys: ['id'], descending: false },
      offset: 5,
      limit: 20,
    };
    expect(idsOf(query, undefined, maxItems)).toEqual(all.slice(5, 25));
  }
});
