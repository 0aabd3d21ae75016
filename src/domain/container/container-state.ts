import { type ChunkSet, hasChunk, withChunk } from '../run/chunk-set';
import { defined } from '../defined';
import { addCounters, type TotalsVector } from './totals';
import { type ChunkRef, chunkId } from '../ids';
import { nextStart } from '../run/run-order';

/**
 * The state of a ContainerActor, and every change it allows.
 *
 * I1 One run at a time: `beginRun` is refused while another run is active.
 * I2 A chunk's delta is applied once, however often it is sent (bitmap of applied chunks).
 * I3 A run that is no longer active applies nothing.
 * I4 Each run starts later than the one before it, whatever the clocks of their starters said (domain/run/run-order.ts).
 */

/** Read afresh on every call; `version` tells whether the cached rest is still true. */
export interface ContainerHead {
  readonly version: number;
  readonly activeRun?: string;
  readonly lastRun?: string;
  /** When the run that began last began. RFC 3339, UTC; absent where an older build began it. */
  readonly lastStart?: string;
}

export const NEW_CONTAINER: ContainerHead = { version: 0 };

/** Chunks already applied by one run. A shard of another run counts as empty. */
export interface AppliedShard {
  readonly runId: string;
  readonly chunks: ChunkSet;
}

export type BeginRunResult =
  /** `startedAt`: its place among the runs of the container; absent where none was asked for. */
  | { readonly begun: true; readonly startedAt?: string }
  /** `startedAt`: of the active run. */
  | { readonly begun: false; readonly activeRun: string; readonly startedAt?: string }
  /** This very run has been ended: it cannot begin again. */
  | { readonly begun: false; readonly ended: true };

/** `now`: RFC 3339, UTC; absent where a process of an older build asks. */
export function beginRun(
  head: ContainerHead,
  runId: string,
  now?: string,
): { head: ContainerHead; result: BeginRunResult } {
  const { activeRun, lastRun, lastStart, ...rest } = head;
  const active = defined({ startedAt: lastStart });
  if (activeRun === runId) return { head, result: { begun: true, ...active } };
  if (activeRun !== undefined) return { head, result: { begun: false, activeRun, ...active } };
  if (lastRun === runId) return { head, result: { begun: false, ended: true } };
  const startedAt = now === undefined ? undefined : nextStart(now, lastStart); // I4
  return {
    head: { ...rest, ...defined({ lastRun, lastStart: startedAt }), activeRun: runId },
    result: { begun: true, ...defined({ startedAt }) },
  };
}

export function endRun(head: ContainerHead, runId: string): ContainerHead {
  if (head.activeRun !== runId) return head;
  const { activeRun: _, ...rest } = head;
  return { ...rest, lastRun: runId };
}

export type ApplyResult = 'applied' | 'already-applied' | 'refused';

export function mayApply(head: ContainerHead, shard: AppliedShard | undefined, ref: ChunkRef): ApplyResult {
  if (head.activeRun !== ref.runId) return 'refused';
  const chunks = shard?.runId === ref.runId ? shard.chunks : {};
  return hasChunk(chunks, ref) ? 'already-applied' : 'applied';
}

export function markApplied(shard: AppliedShard | undefined, ref: ChunkRef): AppliedShard {
  const chunks = shard?.runId === ref.runId ? shard.chunks : {};
  return { runId: ref.runId, chunks: withChunk(chunks, ref) };
}

/** Deltas applied by chunks that rest half way, of one run: at most as many as run at once. */
export interface OpenChunks {
  readonly runId: string;
  readonly deltas: Readonly<Record<string, TotalsVector>>;
}

/** What a chunk's delta changes, given what it applied before (I2), and what stays open. */
export function replaceOpen(
  before: OpenChunks | undefined,
  ref: ChunkRef,
  delta: TotalsVector,
  complete: boolean,
): { readonly open: OpenChunks; readonly change: TotalsVector } {
  const id = chunkId(ref);
  const { [id]: earlier = {}, ...others } = before?.runId === ref.runId ? before.deltas : {};
  const change = addCounters(delta, earlier, -1);
  return { open: { runId: ref.runId, deltas: complete ? others : { ...others, [id]: delta } }, change };
}

/** Tags live in 16 parts, so that one chunk rewrites little of a vocabulary of thousands. */
export const TAG_BUCKETS = 16;

/** A delta split by where it is stored: `undefined` is the part without tags. */
export function splitByBucket(delta: TotalsVector): Map<number | undefined, TotalsVector> {
  const parts = new Map<number | undefined, Record<string, number>>();
  for (const [key, value] of Object.entries(delta)) {
    const bucket = isTagKey(key) ? bucketOf(key.slice(2)) : undefined;
    const part = parts.get(bucket) ?? {};
    part[key] = value;
    parts.set(bucket, part);
  }
  return parts;
}

function isTagKey(key: string): boolean {
  return key.startsWith('t:') || key.startsWith('u:') || key.startsWith('v:');
}

/** FNV-1a over UTF-16 units: stable across processes and versions, as it decides where a tag is stored. */
export function bucketOf(tag: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < tag.length; i++) {
    hash = Math.imul(hash ^ tag.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % TAG_BUCKETS;
}

export function joinParts(parts: readonly (TotalsVector | undefined)[]): TotalsVector {
  return parts.reduce<TotalsVector>((sum, part) => addCounters(sum, part ?? {}), {});
}
