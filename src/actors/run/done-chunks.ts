import type { ChunkRef } from '../../domain/ids';
import { type ChunkSet, hasChunk, shardOf } from '../../domain/run/chunk-set';
import type { StateParts } from '../versioned-state';

/** Chunks of one run that are closed for good, 64 pages a part of the actor's state. */
export class DoneChunks {
  constructor(private readonly state: StateParts) {}

  /** Keys of the parts that may exist for these pages. */
  static keys(pages: readonly number[]): readonly string[] {
    return pages.map(keyOf);
  }

  /** The shard that holds this page. */
  async shard(page: number): Promise<ChunkSet> {
    return (await this.state.part<ChunkSet>(keyOf(page))) ?? {};
  }

  async has(ref: ChunkRef): Promise<boolean> {
    return hasChunk(await this.shard(ref.page), ref);
  }

  /** Bitmask of the chunks of a page. */
  async mask(page: number): Promise<number> {
    return (await this.shard(page))[page] ?? 0;
  }

  /** The part to commit. */
  part(page: number, shard: ChunkSet): Readonly<Record<string, ChunkSet>> {
    return { [keyOf(page)]: shard };
  }
}

function keyOf(page: number): string {
  return `done-${shardOf(page)}`;
}
