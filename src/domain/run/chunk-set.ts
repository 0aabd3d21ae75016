/**
 * A set of chunks of one run, small enough to be rewritten with every change: one bitmask a page, 64 pages a shard.
 * 100,000 images are 50 pages: 1 shard; 10 million are 5,000 pages: 79 shards of under 1 KB.
 */
import type { ChunkRef } from '../ids';

export type ChunkSet = Readonly<Record<string, number>>;

const PAGES_PER_SHARD = 64;

export function shardOf(page: number): number {
  return Math.floor(page / PAGES_PER_SHARD);
}

export function hasChunk(set: ChunkSet, ref: Pick<ChunkRef, 'page' | 'chunk'>): boolean {
  return ((set[ref.page] ?? 0) & (1 << ref.chunk)) !== 0;
}

export function withChunk(set: ChunkSet, ref: Pick<ChunkRef, 'page' | 'chunk'>): ChunkSet {
  return { ...set, [ref.page]: (set[ref.page] ?? 0) | (1 << ref.chunk) };
}

/** All chunks of a page that has `count` of them. */
export function fullMask(count: number): number {
  return count >= 31 ? -1 >>> 1 : (1 << count) - 1;
}
