import fc from 'fast-check';
import {
  ALIVE_MS,
  FRESH_MS,
  isAlive,
  mayHold,
  REPORT_INTERVAL_MS,
  SETTLE_MS,
} from '../../../src/domain/run/chunk-lease';
import { NO_PROGRESS } from '../../../src/domain/run/chunk-progress';
import { type ChunkSet, fullMask, hasChunk, shardOf, withChunk } from '../../../src/domain/run/chunk-set';
import { CHUNKS_PER_PAGE } from '../../../src/domain/ids';

describe('a set of chunks', () => {
  const chunk = fc.record({ page: fc.nat(10_000), chunk: fc.nat(CHUNKS_PER_PAGE - 1) });

  test('holds what was put in, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(chunk), chunk, (chunks, asked) => {
        const set = chunks.reduce<ChunkSet>((all, ref) => withChunk(all, ref), {});
        const isIn = chunks.some((ref) => ref.page === asked.page && ref.chunk === asked.chunk);
        expect(hasChunk(set, asked)).toBe(isIn);
        expect(hasChunk(JSON.parse(JSON.stringify(set)), asked)).toBe(isIn);
      }),
    );
  });

  test('a full mask has one bit a chunk', () => {
    expect([0, 1, 20, 31].map(fullMask)).toEqual([0, 1, 0xfffff, 0x7fffffff]);
  });

  test('64 pages a shard', () => {
    expect([0, 63, 64, 4999].map(shardOf)).toEqual([0, 0, 1, 78]);
  });
});

describe('a lease', () => {
  const lease = { attempt: 'one', seenAtMs: 10_000, progress: NO_PROGRESS };

  test('keeps everybody else out while its holder is alive', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.constantFrom('one', 'two'), (age, attempt) => {
        const now = lease.seenAtMs + age;
        expect(mayHold(lease, attempt, now)).toBe(attempt === 'one' || age >= ALIVE_MS);
        expect(isAlive(lease, now)).toBe(age < ALIVE_MS);
      }),
    );
  });

  test('nobody holds what nobody has asked for', () => {
    expect(isAlive(undefined, 0)).toBe(false);
    expect(mayHold(undefined, 'one', 0)).toBe(true);
  });

  // I2 and I3 of chunk-lease are an order of these times.
  test('the times leave room: two reports fit into fresh, fresh ends long before dead, a move waits for a report', () => {
    expect(2 * REPORT_INTERVAL_MS).toBeLessThan(FRESH_MS);
    expect(4 * FRESH_MS).toBeLessThan(ALIVE_MS);
    expect(REPORT_INTERVAL_MS + FRESH_MS).toBeLessThan(SETTLE_MS);
    expect(SETTLE_MS).toBeLessThan(ALIVE_MS);
  });
});
