/** Names and values made to break out of a statement: answers are those of a model, or a 400, and SQL has no side effects. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import { writeDocument } from '../../../packages/dev-cosmos/src/documents';
import { CosmosError } from '../../../packages/dev-cosmos/src/protocol';
import { runQuery } from '../../../packages/dev-cosmos/src/query-runner';
import { parseContainerDefinition } from '../../../packages/dev-cosmos/src/resources';
import { parseQuery } from '../../../packages/dev-cosmos/src/sql/parser';
import type { Json, JsonObject } from '../../../packages/dev-cosmos/src/sql/values';
import { type ContainerEntry, Store } from '../../../packages/dev-cosmos/src/store';

const HOSTILE = [
  `x'), 1); ATTACH DATABASE 'stolen.sqlite' AS stolen; --`,
  `x') = 5; INSERT INTO databases VALUES ('planted', 'e', 1); --`,
  `x" ON docs_1 (rid); DROP TABLE docs_1; --`,
  "'",
  '"',
  `'||(SELECT key FROM secrets)||'`,
  ']',
  '\\',
  '$',
  '$.a',
  'a.b',
  'a[0]',
  '*',
  '?1',
  '@p',
  ':name',
  '--',
  '/*',
  ';',
  '\u0000',
  '\n',
  'ä😀',
  ' ',
  '',
  '__proto__',
  'constructor',
  'toString',
  'SELECT',
  'value',
];
const PLAIN = ['a', 'A', 'b', 'rid', 'doc', 'id'];
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 3, arbitrary: fc.constantFrom(...PLAIN) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/\p{Surrogate}/u.test(text)) },
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(...HOSTILE, null, true, false),
  fc.integer({ min: -3, max: 3 }),
);

let folder: string;
let store: Store;
let container: ContainerEntry;
let documents: JsonObject[];
let before: unknown;

/** What lies in the file and beside it, indexes over plain paths apart: reads may build those. */
function traces(): unknown {
  const other = new Database(join(folder, 'cosmos.sqlite'));
  const all = (sql: string): unknown[] => other.prepare(sql).raw(true).all();
  const found = {
    tables: all("SELECT type, name, sql FROM sqlite_master WHERE type <> 'index' ORDER BY name"),
    oddIndexes: all("SELECT name FROM sqlite_master WHERE type = 'index'").filter(
      (row) => !/^(sqlite_autoindex_\w+|docs_\d+:(expires|id|(all|one):[\w.^]+))$/.test(String((row as unknown[])[0])),
    ),
    databases: all('SELECT * FROM databases'),
    containers: all('SELECT * FROM containers'),
    documents: all('SELECT count(*), sum(length(doc)) FROM docs_1'),
    files: readdirSync(folder).sort(),
  };
  other.close();
  return found;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cosmos-hostile-'));
  store = new Store(join(folder, 'cosmos.sqlite'));
  await store.createDatabase('db');
  const definition = parseContainerDefinition({ id: `it's; DROP TABLE docs_1; --`, partitionKey: { paths: ['/pk'] } });
  container = await store.createContainer('db', definition);
  const samples = fc.sample(fc.array(fc.tuple(name, scalar), { maxLength: 12 }), { numRuns: 150, seed: 11 });
  documents = samples.map((pairs, index) => ({
    ...Object.fromEntries(pairs.filter(([key]) => key !== 'id' && key !== 'ttl' && !key.startsWith('_'))),
    id: `${HOSTILE.filter((text) => !/[/\\?#]/.test(text))[index % 20]}${index}`,
    pk: HOSTILE[index % 3] ?? '',
  }));
  await store.write(() => {
    for (const document of documents) writeDocument(container, 'create', JSON.stringify(document.pk), document, {});
  });
  before = traces();
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => expect(traces()).toEqual(before));

function ask(text: string, parameters: Record<string, Json>, partition: Json | undefined, maxItems = 1000): Json[] {
  const query = parseQuery(text, new Map(Object.entries(parameters)));
  const partitionKey = partition === undefined ? undefined : JSON.stringify(partition);
  const items: Json[] = [];
  let continuation: string | undefined;
  do {
    const page = runQuery(container, { query, partitionKey, maxItems, continuation, identity: text });
    expect(page.items.length).toBeLessThanOrEqual(maxItems);
    items.push(...page.items.map((item) => JSON.parse(item) as Json));
    continuation = page.continuation;
  } while (continuation !== undefined);
  return items;
}

/** The model: an own property or undefined. */
const valueAt = (document: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(document, key) ? document[key] : undefined;
const rank = (value: Json): number => {
  if (value === null) return 1;
  if (typeof value === 'boolean') return value ? 3 : 2;
  return typeof value === 'number' ? 4 : 5;
};
function compareModel(left: Json, right: Json): number {
  if (rank(left) !== rank(right)) return rank(left) - rank(right);
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return typeof left === 'string' && typeof right === 'string'
    ? Buffer.compare(Buffer.from(left), Buffer.from(right))
    : 0;
}

const quoted = (text: string, quote: string): string =>
  quote + JSON.stringify(text).slice(1, -1).replaceAll("'", "\\'") + quote;

it('filters, orders and projects by any name as a walk over the documents does', () => {
  const condition = fc.record({
    key: name,
    value: scalar,
    kind: fc.constantFrom('=', '!=', 'IN', 'STARTSWITH', 'defined'),
  });
  const query = fc.record({
    conditions: fc.array(condition, { maxLength: 2 }),
    orderBy: fc.option(fc.record({ key: name, descending: fc.boolean() }), { nil: undefined }),
    shown: name,
    quote: fc.constantFrom('"', "'"),
    partition: fc.constantFrom(undefined, HOSTILE[0], HOSTILE[1]),
    maxItems: fc.constantFrom(3, 1000),
  });
  fc.assert(
    fc.property(query, ({ conditions, orderBy, shown, quote, partition, maxItems }) => {
      const at = (key: string) => `c[${quoted(key, quote)}]`;
      const where = conditions.map(({ key, kind }, index) => {
        if (kind === 'IN') return `${at(key)} IN (@p${index}, "none")`;
        if (kind === 'STARTSWITH') return `STARTSWITH(${at(key)}, @p${index})`;
        return kind === 'defined' ? `IS_DEFINED(${at(key)})` : `${at(key)} ${kind} @p${index}`;
      });
      const text =
        `SELECT VALUE {"i": c.id, ${quoted(shown, '"')}: ${at(shown)}} FROM c` +
        (where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`) +
        (orderBy === undefined ? '' : ` ORDER BY ${at(orderBy.key)} ${orderBy.descending ? 'DESC' : 'ASC'}`);
      const parameters = Object.fromEntries(conditions.map(({ value }, index) => [`@p${index}`, value]));

      const kept = documents.filter((document) => {
        const isThere = partition === undefined || document.pk === partition;
        const isOrdered = orderBy === undefined || valueAt(document, orderBy.key) !== undefined;
        return (
          isThere &&
          isOrdered &&
          conditions.every(({ key, value, kind }) => {
            const found = valueAt(document, key);
            if (found === undefined) return false;
            if (kind === 'defined') return true;
            if (kind === 'STARTSWITH')
              return typeof found === 'string' && typeof value === 'string' && found.startsWith(value);
            return kind === '!=' ? found !== value : found === value || (kind === 'IN' && found === 'none');
          })
        );
      });
      const expected = kept.map((document) => {
        const value = valueAt(document, shown);
        return Object.fromEntries([['i', document.id ?? null], ...(value === undefined ? [] : [[shown, value]])]);
      });
      const items = ask(text, parameters, partition, maxItems);
      const sorted = (list: Json[]) => list.map((item) => JSON.stringify(item)).sort();
      expect(sorted(items)).toEqual(sorted(expected));
      if (orderBy === undefined) return;
      const byId = new Map(documents.map((document) => [document.id, valueAt(document, orderBy.key) ?? null]));
      const values = items.map((item) => byId.get((item as { i: string }).i) ?? null);
      values.slice(1).forEach((next, index) => {
        const order = compareModel(values[index] ?? null, next);
        expect(orderBy.descending ? order >= 0 : order <= 0).toBe(true);
      });
    }),
    { numRuns: 300 },
  );
});

it('answers any text with rows or with a 400, and nothing else', () => {
  const word = fc.oneof(
    fc.constantFrom(
      ...[
        'SELECT',
        '*',
        'VALUE',
        'FROM',
        'c',
        'WHERE',
        'ORDER',
        'BY',
        'GROUP',
        'NOT',
        'AND',
        'OR',
        'IN',
        'LIKE',
        'TOP',
      ],
      ...[
        'OFFSET',
        'LIMIT',
        'AS',
        'COUNT',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        ':',
        ',',
        '.',
        '=',
        '<',
        '@p',
        '1',
        '1e999',
        '-',
      ],
      ...['c.a', 'c["', "c['", 'LOWER(', 'udf.x(', 'ASC', 'DESC', 'JOIN', 'BETWEEN', 'c.id', 'c.pk', 'true', 'null'],
    ),
    name.map((text) => quoted(text, '"')),
    name,
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), fc.boolean(), scalar, (words, isTail, value) => {
      const text = `${isTail ? 'SELECT * FROM c ' : ''}${words.join(' ')}`;
      try {
        ask(text, { '@p': value }, undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(CosmosError);
        expect(error).toMatchObject({ status: 400 });
      }
    }),
    { numRuns: 3000 },
  );
});

it.each(HOSTILE)('orders by %j and runs nothing', (key) => {
  expect(() => ask(`SELECT * FROM c ORDER BY c[${JSON.stringify(key)}]`, {}, undefined)).not.toThrow();
  expect(() =>
    ask(`SELECT * FROM c WHERE c.a = 1 ORDER BY c.a[${JSON.stringify(key)}] DESC`, {}, undefined),
  ).not.toThrow();
});

it('tells paths that differ by case apart', () => {
  const count = (key: string) => documents.filter((document) => valueAt(document, key) === 1).length;
  expect(count('a')).toBeGreaterThan(0);
  for (const key of ['a', 'A', 'a'])
    expect(ask(`SELECT VALUE COUNT(1) FROM c WHERE c.${key} = 1`, {}, undefined)).toEqual([count(key)]);
});

it('builds a bounded number of indexes, and answers without one beyond', () => {
  const indexes = () => {
    const other = new Database(join(folder, 'cosmos.sqlite'));
    const listed = other.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").raw(true).all();
    other.close();
    return listed.length;
  };
  for (let n = 0; n < 100; n += 1) ask(`SELECT * FROM c WHERE c.p${n} = 1 ORDER BY c.q${n}`, {}, undefined);
  expect(indexes()).toBeLessThan(75);
  const ordered = ask('SELECT VALUE c["b"] FROM c ORDER BY c.b', {}, undefined);
  expect(ordered).toHaveLength(documents.filter((document) => valueAt(document, 'b') !== undefined).length);
});

describe('limits', () => {
  const chain = (operator: string, length: number) =>
    Array.from({ length }, (_, index) => `c.a = ${index % 2 ? '"x"' : index + 100}`).join(operator);

  it('answers chains as long as a query may be', () => {
    expect(ask(`SELECT * FROM c WHERE ${chain(' OR ', 10_000)}`, {}, undefined)).toEqual([]);
    expect(ask(`SELECT * FROM c WHERE ${chain(' AND ', 10_000)}`, {}, undefined)).toEqual([]);
    expect(ask(`SELECT * FROM c WHERE c.a IN (${'1,'.repeat(20_000)}1)`, {}, undefined)).toHaveLength(
      documents.filter((document) => valueAt(document, 'a') === 1).length,
    );
    expect(ask(`SELECT * FROM c WHERE c${'.a'.repeat(20_000)} = 1`, {}, undefined)).toEqual([]);
    expect(ask('SELECT * FROM c WHERE STARTSWITH(c.a, @p)', { '@p': 'y'.repeat(1_000_000) }, undefined)).toEqual([]);
    const lists = Array.from({ length: 30 }, (_, n) => `c.a IN (${`"${n}",`.repeat(900)}"x")`).join(' AND ');
    expect(ask(`SELECT * FROM c WHERE ${lists}`, {}, undefined)).toEqual([]);
  });

  it.each([
    ['NOT', `SELECT * FROM c WHERE ${'NOT '.repeat(50_000)} c.a`],
    ['parentheses', `SELECT * FROM c WHERE ${'('.repeat(50_000)}`],
    ['arrays', `SELECT VALUE ${'['.repeat(50_000)}`],
    ['objects', `SELECT VALUE ${'{"a":'.repeat(50_000)}`],
    ['calls', `SELECT VALUE ${'LOWER('.repeat(50_000)}`],
    ['text', `SELECT * FROM c WHERE c.a = "${'x'.repeat(600_000)}"`],
    ['a number', 'SELECT VALUE 1e999 FROM c'],
  ])('refuses too much of %s with 400', (_, text) => {
    expect(() => ask(text, {}, undefined)).toThrow(CosmosError);
  });

  it('refuses a continuation that is not its own, field by field', () => {
    const query = parseQuery('SELECT * FROM c ORDER BY c.a', new Map());
    const request = { query, partitionKey: undefined, maxItems: 1, identity: 'q' };
    const { continuation } = runQuery(container, { ...request, continuation: undefined });
    const token = JSON.parse(Buffer.from(continuation ?? '', 'base64url').toString()) as JsonObject;
    const forged = [
      { s: 'map' },
      { s: -1 },
      { s: 0.5 },
      { a: [true] },
      { a: 'x' },
      { a: [{}] },
      { o: 'x' },
      { l: 'x' },
    ];
    for (const change of forged) {
      const wrong = Buffer.from(JSON.stringify({ ...token, ...change })).toString('base64url');
      expect(() => runQuery(container, { ...request, continuation: wrong })).toThrow(CosmosError);
    }
    expect(() => runQuery(container, { ...request, continuation: Buffer.from('null').toString('base64url') })).toThrow(
      CosmosError,
    );
  });
});

it.each([
  ['a control character', { id: 'a\u0000b', partitionKey: { paths: ['/pk'] } }],
  ['half a character', { id: '\ud800', partitionKey: { paths: ['/pk'] } }],
  ['a space at the end', { id: 'a ', partitionKey: { paths: ['/pk'] } }],
  ['no path', { id: 'a', partitionKey: { paths: ['pk'] } }],
  ['an open quote', { id: 'a', partitionKey: { paths: ['/"pk'] } }],
])('refuses a container named with %s', (_, definition) => {
  expect(() => parseContainerDefinition(definition)).toThrow(CosmosError);
});

it('takes partition key paths with anything in them', async () => {
  for (const [index, key] of HOSTILE.filter((text) => text !== '').entries()) {
    const path = `/"${key.replace(/["\\]/g, '\\$&')}"`;
    const entry = await store.createContainer(
      'db',
      parseContainerDefinition({ id: `pk-${index}`, partitionKey: { paths: [path] } }),
    );
    await store.write(() =>
      writeDocument(
        entry,
        'create',
        '"v"',
        JSON.parse(JSON.stringify({ id: '1' }).replace('}', `,${JSON.stringify(key)}:"v"}`)) as Json,
        {},
      ),
    );
    expect(entry.table.get('"v"', '1', Date.now())).toBeDefined();
    await store.deleteContainer('db', `pk-${index}`);
  }
});
