import { WORKFLOWS } from '../names';
import { call, defineWorkflow, window } from './sdk';
import { type RunScope, scopeOf } from '../domain/run/run-scope';
import { analyzeChunk, cleanPage, openPage } from './steps';

/** Chunk activities that one page keeps under way: 16 a run, as 4 pages are under way (analyze-container.ts). */
const CHUNKS_IN_FLIGHT = 4;

export interface AnalyzePageState extends RunScope {
  readonly page: number;
  /** Bitmask of chunks with work left; absent until the page is opened. */
  left?: number;
}

export interface PageResult {
  readonly complete: boolean;
}

/**
 * One page of up to 2,000 listed images, as at most 20 chunks:
 * 1. open: which chunks need work (an unchanged chunk needs none);
 * 2. analyze: a window of four chunk activities; a chunk that stopped half way (pause, cancel) ends the page early;
 * 3. clean: the chunk inputs are not needed any more.
 */
export const analyzePage = defineWorkflow<AnalyzePageState, PageResult>(
  WORKFLOWS.analyzePage,
  async function* (generation, state) {
    const { runId, page } = state;
    const scope = scopeOf(state);
    if (state.left === undefined) {
      const { chunks } = yield* call(generation, openPage, { ...scope, page });
      state.left = chunks;
    }
    yield* window<number, { complete: boolean }>(generation, {
      items: chunksOf(state.left),
      width: CHUNKS_IN_FLIGHT,
      start: (chunk) => generation.activity(analyzeChunk.name, { ...scope, ref: { runId, page, chunk } }),
      done: (chunk, { complete }) => {
        if (complete) state.left = (state.left ?? 0) & ~(1 << chunk);
        return complete;
      },
    });
    if (state.left !== 0) return { complete: false };
    yield* call(generation, cleanPage, { ...scope, page });
    return { complete: true };
  },
);

function chunksOf(mask: number): number[] {
  return Array.from({ length: 31 }, (_, chunk) => chunk).filter((chunk) => (mask & (1 << chunk)) !== 0);
}
