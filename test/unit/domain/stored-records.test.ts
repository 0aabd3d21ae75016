import { STORED_CONTAINER, STORED_ENTRY } from '../../../src/domain/container/stored-container';
import { WORK_COUNTERS } from '../../../src/domain/counters';
import { STORED_DOCUMENT, STORED_IMAGE } from '../../../src/domain/image/stored-image';
import { believed } from '../../../src/domain/operation';
import { effectiveSettings } from '../../../src/domain/quota/quota';
import { STORED_QUOTA } from '../../../src/domain/quota/stored-quota';
import { RECEIPT_COUNTERS } from '../../../src/domain/run/receipt';
import { outcomeOf } from '../../../src/domain/run/report';
import { pageStep } from '../../../src/domain/run/steps';
import {
  readReport,
  STORED_LEDGER,
  STORED_PAGE,
  STORED_RECEIPT,
  STORED_VERDICT,
  STORED_VIEW,
} from '../../../src/domain/run/stored-records';
import { type StoredShapes, storedShapes } from '../../../src/domain/stored';
import { STORED_OPERATION, STORED_OPERATIONS } from '../../../src/domain/stored-operation';
import { STORED_WATCH } from '../../../src/domain/watch/stored-watch';
import { STORED_CACHE_ENTRY, STORED_NOTE, standingOf } from '../../../src/gateways/cache/cache-entry';
import { unpackBlobs } from '../../../src/gateways/manifests/packed-blobs';
import { fromStored, toStored } from '../../../src/gateways/results/stored-document';
import stored from './stored-records-1.json';

/**
 * `stored-records-1.json` is what build 12f19b7 left in the folder of test/integration/upgrade, without what the stores add.
 * Watch and operations are as that build would have written them: there were none.
 */
const [finished, paused] = stored.views;
const [called, cached] = stored.documents;

const zero = (names: readonly string[], record: object) =>
  Object.fromEntries(names.filter((name) => !(name in record)).map((name) => [name, 0]));

const FIRST_SHAPES: readonly (readonly [name: string, StoredShapes<object>, record: object, newer?: object])[] = [
  ['a run of the index, finished', STORED_VIEW, finished as object, zero(WORK_COUNTERS, finished as object)],
  ['a run of the index, paused', STORED_VIEW, paused as object, zero(WORK_COUNTERS, paused as object)],
  ['a receipt', STORED_RECEIPT, stored.receipt, zero(RECEIPT_COUNTERS, stored.receipt)],
  ['a recount', STORED_VERDICT, stored.verdict],
  ['a page of the listing', STORED_PAGE, stored.page],
  ['an entry of a container', STORED_ENTRY, stored.entries[0] as object],
  ['a container that is free', STORED_CONTAINER, stored.containers.finished],
  ['a container with a run', STORED_CONTAINER, stored.containers.paused],
  ['a quota', STORED_QUOTA, stored.quota],
  [
    'a quota whose ledger knows its month alone',
    STORED_QUOTA,
    { version: 1, ledger: { month: '2026-11' } },
    {
      ledger: { month: '2026-11', transactions: 0, byContainer: {} },
    },
  ],
  ['a watch', STORED_WATCH, stored.watch],
  ['an operation', STORED_OPERATION, stored.operation],
  ['the operations of a container', STORED_OPERATIONS, stored.operations],
  ['an image that was called for', STORED_DOCUMENT, called as object],
  ['an image that was known', STORED_DOCUMENT, cached as object],
  ['the part of an image that work needs', STORED_IMAGE, { ...called, version: '"1"' }],
  ['an answer in the cache', STORED_CACHE_ENTRY, stored.answer],
  ['a note in the cache', STORED_NOTE, stored.note],
];

const CASES = FIRST_SHAPES.map(([name, shapes, record, newer = {}]) => ({ name, shapes, record, newer }));

describe.each(CASES)('$name', ({ shapes, record, newer }) => {
  const expected = { ...record, ...newer };

  test('of the first shape is read, with 0 for what is newer', () => {
    const before = structuredClone(record);
    expect(shapes.read(record)).toEqual(expected);
    expect(record).toEqual(before);
  });

  test('is written with the version of its shape, and read without it', () => {
    const written = shapes.stamped(shapes.read(record));
    expect(written.schema).toBeGreaterThanOrEqual(1);
    expect(shapes.read(JSON.parse(JSON.stringify(written)))).toEqual(expected);
  });

  test('of a newer build is refused, not guessed', () => {
    const { schema } = shapes.stamped(shapes.read(record));
    expect(() => shapes.read({ ...record, schema: schema + 1 })).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining(`shape ${schema + 1}`) }),
    );
  });
});

test('a ledger of the first shape counts 0 of what is newer: in its rows, and in the steps that are made of them', () => {
  const ledger = STORED_LEDGER.read(stored.ledger);
  const [row] = ledger.chunks;
  expect(row?.report?.sums).toEqual({ ...zero(WORK_COUNTERS, {}), ...stored.ledger.chunks[0]?.report.sums });
  expect(pageStep(0, ledger)).toMatchObject({
    images: 12,
    retries: 0,
    chunks: [{ calls: 12, throttled: 0, failed: 0 }],
  });
  expect(STORED_LEDGER.read({ chunks: [{ count: 3, settled: true }], last: true })).toEqual({
    ...{ chunks: [{ count: 3, settled: true }], last: true },
  });
  expect(() => STORED_LEDGER.read({ ...stored.ledger, schema: 9 })).toThrow('shape 9');
});

test('the result store adds the version of the shape and a field to search by, and takes both away again', () => {
  const document = STORED_DOCUMENT.read(called);
  const written = toStored(document);
  expect(written).toMatchObject({ schema: 1, tagNames: ['black', 'dark', 'graphic', 'square format'] });
  expect(fromStored({ ...written, _etag: '"1"' })).toEqual(document);
});

test('the report of a chunk is the array of its lines; another shape is of a newer build', () => {
  expect(readReport(stored.report)).toBe(stored.report);
  expect(() => readReport({ schema: 3, lines: [] })).toThrow(expect.objectContaining({ code: 'internal' }));
});

test('the inputs of a chunk are read, also without the fields that are absent at the end of a row', () => {
  const [first] = stored.chunk as [[string, string, number, string, string]];
  const [name, etag, sizeBytes, contentType, lastModified] = first;
  expect(unpackBlobs([first])).toEqual([{ name, etag, sizeBytes, contentType, lastModified }]);
  expect(unpackBlobs([[name, etag, sizeBytes]])).toEqual([{ name, etag, sizeBytes }]);
});

test('what was read is what the rules of today work with', () => {
  const image = STORED_IMAGE.read({ ...called, version: '"1"' });
  expect(outcomeOf(image, true)).toMatchObject({ calls: 1, transactions: 4, downloads: 1, source: 'call' });
  const entry = STORED_CACHE_ENTRY.read(stored.answer);
  expect(standingOf(entry, ['Tags'], { holder: 'another', nowMs: 0, leaseMs: 1 }).kind).toBe('hit');
  expect(effectiveSettings({}, STORED_QUOTA.read(stored.quota).changed)).toEqual({ ratePerSecond: 3 });
  const operation = STORED_OPERATION.read(stored.operation);
  expect(believed(operation, 0, 3_600_000)).toMatchObject({ status: 'Failed', error: { code: 'lost' } });
});

describe('shapes', () => {
  interface Place {
    readonly street: string;
    readonly number: number;
  }
  const PLACE = storedShapes<Place>('The place', [
    ({ address }: { readonly address: string }) => ({ street: address.split(' ')[0] ?? '', number: 0 }),
    (place: Omit<Place, 'number'> & Partial<Place>) => ({ number: 0, ...place }),
  ]);

  test('each is read by its own reader, and written in the newest', () => {
    expect(PLACE.read({ address: 'Street 7' })).toEqual({ street: 'Street', number: 0 });
    expect(PLACE.read({ schema: 1, address: 'Street 7' })).toEqual({ street: 'Street', number: 0 });
    expect(PLACE.read({ schema: 2, street: 'Road' })).toEqual({ street: 'Road', number: 0 });
    expect(PLACE.stamped({ street: 'Road', number: 7 })).toEqual({ schema: 2, street: 'Road', number: 7 });
  });

  test.each([0, 3, -1, 1.5, '2', null])('%p is none of them', (schema) => {
    expect(() => PLACE.read({ schema, street: 'Road' })).toThrow('The place was stored in shape');
  });
});
