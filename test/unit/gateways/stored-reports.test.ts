import fc from 'fast-check';
import { firstWithin, inPieces, jsonBytes, lastWithin, MAX_STORED_BYTES } from '../../../src/domain/bytes';
import { manifestKeys } from '../../../src/domain/ids';
import type { ImageOutcome } from '../../../src/domain/run/report';
import { createDaprManifests } from '../../../src/gateways/manifests/dapr-manifests';
import { RunLedger } from '../../../src/use-cases/runs/run-ledger';

/** What daprd takes in one body, unless it is told otherwise. */
const SIDECAR_BYTES = 4 * 1024 * 1024;
const REF = { runId: '1'.repeat(32), page: 0, chunk: 3 };

/** A state store that refuses what the sidecar would, and sorts the fields of what it takes, as the sidecar does. */
function aStore() {
  const stored = new Map<string, string>();
  let largest = 0;
  const manifests = createDaprManifests({
    async getState(_, key) {
      const text = stored.get(key);
      return text === undefined ? undefined : { value: JSON.parse(text), text, etag: '' };
    },
    async saveState(_, key, value) {
      largest = Math.max(largest, jsonBytes([{ key, value }]));
      if (largest > SIDECAR_BYTES) throw new Error('413: the body is too large');
      stored.set(key, JSON.stringify(value, sorted));
      return 'saved';
    },
    async deleteState(_, key) {
      stored.delete(key);
    },
  });
  return { stored, manifests, largest: () => largest };
}

const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const removed = (n: number): ImageOutcome => ({
  ...{ blob: `${n}/`.padEnd(1_024, '写'), status: 'removed', listed: false, reason: 'gone', calls: 0, transactions: 0 },
  ...{ endedAt: '2026-01-01T00:00:00.000Z' },
});
const report = (lines: number) => Array.from({ length: lines }, (_, n) => removed(n));

test('a report of 5,600 removals with long names is stored in pieces, and read whole', async () => {
  const { stored, manifests, largest } = aStore();
  const lines = report(5_600);
  expect(jsonBytes(lines)).toBeGreaterThan(4 * SIDECAR_BYTES);
  await manifests.writeReport(REF, lines);
  expect(largest()).toBeLessThan(MAX_STORED_BYTES * 1.1);
  expect(await manifests.readReport(REF)).toEqual(lines);
  const actors = { run: () => ({ pageDone: async () => ({ done: 8, repeats: {} }) }) };
  const ledger = await new RunLedger(manifests, actors as never).page(REF.runId, 0);
  expect(ledger?.chunks[3]?.report).toMatchObject({ lines: 5_600, statuses: { removed: 5_600 } });
  await manifests.deleteRecords(REF.runId, 1);
  expect([...stored.keys()]).toEqual([]);
});

test('its hash proves every piece: one that is lost or changed makes the report a lost one', async () => {
  const { stored, manifests } = aStore();
  await manifests.writeReport(REF, report(1_000));
  const key = manifestKeys.reportPiece(REF, 1);
  const whole = stored.get(key) as string;
  stored.set(key, whole.replace('removed', 'failed'));
  expect([await manifests.readReport(REF), await manifests.readReportText(REF)]).toEqual([undefined, undefined]);
  stored.delete(key);
  expect([await manifests.readReport(REF), await manifests.readReportText(REF)]).toEqual([undefined, undefined]);
  stored.set(key, whole);
  expect(await manifests.readReport(REF)).toHaveLength(1_000);
});

test('a report of a chunk of usual size is the array that it always was', async () => {
  const { stored, manifests } = aStore();
  await manifests.writeReport(REF, report(200));
  expect([...stored.keys()]).toEqual([manifestKeys.report(REF)]);
  expect(JSON.parse(stored.get(manifestKeys.report(REF)) as string)).toHaveLength(200);
});

test('inputs of a chunk that are too large for one are not stored: the chunk is listed again', async () => {
  const { stored, manifests } = aStore();
  const blobs = report(2_000).map(({ blob }) => ({ name: blob, etag: '0x1', sizeBytes: 1 }));
  await manifests.writeChunk(REF, blobs);
  expect(await manifests.readChunk(REF)).toBeUndefined();
  await manifests.writeChunk(REF, blobs.slice(0, 100));
  expect(await manifests.readChunk(REF)).toHaveLength(100);
  expect(stored.size).toBe(1);
});

describe('bounds by bytes', () => {
  const lists = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 40 });

  test('pieces hold everything in order, and are bounded unless one thing alone is larger', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 200 }), (items, maxBytes) => {
        const pieces = inPieces(items, maxBytes);
        expect(pieces.flat()).toEqual(items);
        for (const piece of pieces) expect(piece.length <= 1 || jsonBytes(piece) <= maxBytes + 1).toBe(true);
      }),
    );
  });

  test('the first and the last that fit are as many as fit', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 200 }), (items, maxBytes) => {
        const first = firstWithin(items, maxBytes);
        expect(items.slice(0, first.length)).toEqual(first);
        expect(first.length === 0 || jsonBytes(first) <= maxBytes + 1).toBe(true);
        if (first.length < items.length) expect(jsonBytes(items.slice(0, first.length + 1))).toBeGreaterThan(maxBytes);
        expect(lastWithin([...items].reverse(), maxBytes)).toEqual([...first].reverse());
      }),
    );
  });
});
