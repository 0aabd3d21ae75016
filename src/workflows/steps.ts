import type { ApprovalAnswer } from '../domain/run/approval';
import type { RunEventName } from '../domain/run/events';
import type { ChunkRef } from '../domain/ids';
import type { RunPhase } from '../domain/run/run';
import type { Control } from '../domain/run/facts';
import type { RunScope } from '../domain/run/run-scope';
import { ACTIVITIES } from '../names';
import { activityRef } from './sdk';

/**
 * Every step a workflow can take: names and types, no effects. Results are at most 200 bytes and never hold an image
 * name or Vision's words: they stay in histories.
 */

export const setPhase = activityRef<RunScope & { readonly phase: RunPhase }, { readonly control: Control }>(
  ACTIVITIES.setPhase,
);

export const listPage = activityRef<
  RunScope & { readonly page: number },
  { readonly last: boolean; readonly control: Control }
>(ACTIVITIES.listPage);

export const writeQuote = activityRef<RunScope, { readonly control: Control; readonly needsApproval: boolean }>(
  ACTIVITIES.writeQuote,
);

/** May the run spend? `waitMs` 0: there is nothing to wait for, and `control` says the rest. */
export const seekApproval = activityRef<RunScope, { readonly control: Control; readonly waitMs: number }>(
  ACTIVITIES.seekApproval,
);

/** What came with the external event `approval`, told to the run actor. */
export const takeApproval = activityRef<RunScope & { readonly answer: ApprovalAnswer }, { readonly taken: boolean }>(
  ACTIVITIES.takeApproval,
);

/** Chunks of a page that need work, as a bitmask. */
export const openPage = activityRef<RunScope & { readonly page: number }, { readonly chunks: number }>(
  ACTIVITIES.openPage,
);

export const analyzeChunk = activityRef<RunScope & { readonly ref: ChunkRef }, ChunkResult>(ACTIVITIES.analyzeChunk);

export interface ChunkResult {
  /** False when it stopped because the run was paused, cancelled or failed. */
  readonly complete: boolean;
}

export const verifyTotals = activityRef<RunScope, { readonly clean: boolean; readonly differences: number }>(
  ACTIVITIES.verifyTotals,
);

export const closeRun = activityRef<RunScope & { readonly failure?: string }, { readonly failed: boolean }>(
  ACTIVITIES.closeRun,
);

/** `waitMs`: it goes on by itself after so long. */
export const markPaused = activityRef<RunScope, { readonly control: Control; readonly waitMs?: number }>(
  ACTIVITIES.markPaused,
);

export const announce = activityRef<RunScope & { readonly event: RunEventName }, { readonly announced: true }>(
  ACTIVITIES.announce,
);

/** `watched: false`: nobody watches the container any more. */
export const lookAtContainer = activityRef<
  { readonly container: string },
  { readonly watched: boolean; readonly waitSeconds: number }
>(ACTIVITIES.lookAtContainer);

/** Deletes the chunk inputs of one page; its index stays, so that a lost neighbour can be listed again. */
export const cleanPage = activityRef<RunScope & { readonly page: number }, { readonly deleted: true }>(
  ACTIVITIES.cleanPage,
);

/** Deletes the page indexes of a sealed run; reports and receipt stay. */
export const cleanRun = activityRef<RunScope & { readonly pages: number }, { readonly deleted: true }>(
  ACTIVITIES.cleanRun,
);
