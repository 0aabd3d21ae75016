import { defined } from '../../domain/defined';
import { type ChunkRef, chunkId, parseChunkId } from '../../domain/ids';
import {
  beganAgain,
  joinedBy,
  ONCE,
  type Repeats,
  type RepeatsByChunk,
  repeatsKey,
} from '../../domain/run/chunk-repeats';
import { shardOf } from '../../domain/run/chunk-set';
import { type CarefulRange, carefulRange, cleared, reopened, type Suspicion } from '../../domain/run/chunk-suspicion';
import type { StateParts } from '../versioned-state';

type Parts = Readonly<Record<string, unknown>>;
type Suspicions = Readonly<Record<string, Suspicion>>;

/** What an opening comes to: the parts to commit before the chunk is worked on, if any, and what to be careful of. */
export interface Opening {
  readonly parts: Parts;
  readonly careful?: CarefulRange;
}

/**
 * Chunks of one run that were opened and not closed, and those that were begun or delivered more than once (invariants:
 * domain/run/chunk-suspicion.ts, domain/run/chunk-repeats.ts). Says what to commit; its owner commits it.
 */
export class ChunkOpenings {
  constructor(private readonly state: StateParts) {}

  /** Keys of the parts that may exist for these pages. */
  static keys(pages: readonly number[]): readonly string[] {
    return pages.flatMap((page) => [openKey(page), againKey(page)]);
  }

  /**
   * A process opens the chunk. `isToldAgain`: the same execution asks, whose answer was lost. `isPartial`: it was begun, and
   * stopped half way.
   */
  async open(
    ref: ChunkRef,
    process: string,
    { isToldAgain, isPartial }: { readonly isToldAgain: boolean; readonly isPartial: boolean },
  ): Promise<Opening> {
    const open = await this.suspicions(ref.page);
    const known = open[chunkId(ref)];
    const suspicion = reopened(known, process);
    const wasBegun = known !== undefined || isPartial;
    const repeats = wasBegun && !isToldAgain ? await this.repeated(ref, beganAgain) : {};
    return openingOf(ref, open, suspicion, repeats);
  }

  /** Its range up to `upTo` was worked on and the process lives. A repeated answer clears nothing more. */
  async clear(ref: ChunkRef, upTo: number): Promise<Opening> {
    const open = await this.suspicions(ref.page);
    const known = open[chunkId(ref)];
    if (!known) return { parts: {} };
    return openingOf(ref, open, known.to === upTo ? cleared(known) : known, {});
  }

  /** The chunk is closed; `joined`: deliveries that joined this execution. */
  async close(ref: ChunkRef, joined: number): Promise<Parts> {
    const { [chunkId(ref)]: _, ...open } = await this.suspicions(ref.page);
    return { [openKey(ref.page)]: open, ...(joined > 0 && (await this.join(ref, joined))) };
  }

  /** So many deliveries did no work of their own. */
  join(ref: ChunkRef, deliveries: number): Promise<Parts> {
    return this.repeated(ref, (known) => joinedBy(deliveries, known));
  }

  /** By chunk of the page: those that are open, and those that were begun or delivered more than once. */
  async ofPage(page: number): Promise<Readonly<Record<string, Repeats>>> {
    const prefix = `${page}.`;
    const known = Object.entries(await this.repeats(page)).filter(([key]) => key.startsWith(prefix));
    const open = Object.keys(await this.suspicions(page)).flatMap((id) => {
      const ref = parseChunkId(id);
      return ref?.page === page ? [[String(ref.chunk), ONCE] as const] : [];
    });
    const repeated = known.map(([key, repeats]) => [key.slice(prefix.length), repeats] as const);
    return Object.fromEntries([...open, ...repeated]);
  }

  private async repeated(ref: ChunkRef, change: (known: Repeats | undefined) => Repeats): Promise<Parts> {
    const known = await this.repeats(ref.page);
    return { [againKey(ref.page)]: { ...known, [repeatsKey(ref)]: change(known[repeatsKey(ref)]) } };
  }

  private async repeats(page: number): Promise<RepeatsByChunk> {
    return (await this.state.part<RepeatsByChunk>(againKey(page))) ?? {};
  }

  private async suspicions(page: number): Promise<Suspicions> {
    return (await this.state.part<Suspicions>(openKey(page))) ?? {};
  }
}

function openingOf(ref: ChunkRef, open: Suspicions, suspicion: Suspicion, repeats: Parts): Opening {
  const id = chunkId(ref);
  const isNew = suspicion !== open[id] || Object.keys(repeats).length > 0;
  const careful = carefulRange(suspicion);
  return {
    parts: isNew ? { [openKey(ref.page)]: { ...open, [id]: suspicion }, ...repeats } : {},
    ...defined({ careful }),
  };
}

/** Chunks that were opened and not closed yet. */
function openKey(page: number): string {
  return `open-${shardOf(page)}`;
}

/** Chunks that were begun or delivered more than once. */
function againKey(page: number): string {
  return `again-${shardOf(page)}`;
}
