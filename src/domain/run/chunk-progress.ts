import type { ImageOutcome } from './report';
import type { FailureGroup } from './run';

/** What a chunk has done so far, absolute: a repeated report changes nothing. */
export interface ChunkProgress {
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly inFlight: number;
  readonly calls: number;
  readonly transactions: number;
  readonly cacheHits: number;
  readonly failureGroups: readonly FailureGroup[];
  /** Why nothing moves, when nothing does: `Vision asked to wait until ...`. */
  readonly waiting?: string;
}

export const NO_PROGRESS: ChunkProgress = {
  succeeded: 0,
  failed: 0,
  skipped: 0,
  unchanged: 0,
  removed: 0,
  inFlight: 0,
  calls: 0,
  transactions: 0,
  cacheHits: 0,
  failureGroups: [],
};

/** Images that need no more work. */
export function covered({ succeeded, failed, skipped, unchanged, removed }: ChunkProgress): number {
  return succeeded + failed + skipped + unchanged + removed;
}

/** Groups kept per run; further ones are counted under the last. */
const MAX_GROUPS = 50;

export function addProgress(a: ChunkProgress, b: ChunkProgress): ChunkProgress {
  const waiting = a.waiting ?? b.waiting;
  return {
    succeeded: a.succeeded + b.succeeded,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    unchanged: a.unchanged + b.unchanged,
    removed: a.removed + b.removed,
    inFlight: a.inFlight + b.inFlight,
    calls: a.calls + b.calls,
    transactions: a.transactions + b.transactions,
    cacheHits: a.cacheHits + b.cacheHits,
    failureGroups: addGroups(a.failureGroups, b.failureGroups),
    ...(waiting === undefined ? {} : { waiting }),
  };
}

export function addGroups(a: readonly FailureGroup[], b: readonly FailureGroup[]): FailureGroup[] {
  const groups = new Map(a.map((group) => [fingerprint(group), group]));
  for (const group of b) {
    const key = fingerprint(group);
    const known = groups.get(key);
    if (known) groups.set(key, { ...known, count: known.count + group.count });
    else if (groups.size < MAX_GROUPS) groups.set(key, group);
    else countUnderLast(groups, group.count);
  }
  return [...groups.values()];
}

function countUnderLast(groups: Map<string, FailureGroup>, count: number): void {
  const last = [...groups].at(-1);
  if (last) groups.set(last[0], { ...last[1], count: last[1].count + count });
}

function fingerprint(group: FailureGroup): string {
  return `${group.stage}|${group.code}|${group.reason}`;
}

/** Progress as a function of the outcomes: what the report says is what the run counts. */
export function progressOf(outcomes: readonly ImageOutcome[], inFlight = 0): ChunkProgress {
  const count = (status: ImageOutcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  const sum = (pick: (outcome: ImageOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  const listedGone = outcomes.filter((outcome) => outcome.status === 'removed' && outcome.listed).length;
  return {
    succeeded: count('succeeded'),
    failed: count('failed'),
    // An image that was listed and deleted before its turn is skipped by the run, though removed from the results.
    skipped: count('skipped') + listedGone,
    unchanged: count('unchanged'),
    removed: count('removed') - listedGone,
    inFlight,
    calls: sum((outcome) => outcome.calls),
    transactions: sum((outcome) => outcome.transactions),
    cacheHits: outcomes.filter((outcome) => outcome.source === 'cache').length,
    failureGroups: outcomes
      .filter((outcome) => outcome.status === 'failed')
      .reduce<FailureGroup[]>((groups, outcome) => addGroups(groups, [groupOf(outcome)]), []),
  };
}

function groupOf(outcome: ImageOutcome): FailureGroup {
  return {
    reason: outcome.reason ?? 'unknown',
    code: outcome.code ?? 'unknown',
    stage: outcome.stage ?? 'unknown',
    count: 1,
    retryable: outcome.retryable ?? false,
    sample: outcome.blob,
  };
}
