import { add, type Counters, IMAGE_COUNTERS, NO_COUNTERS, sumOf } from '../counters';
import { defined } from '../defined';
import { countersOf, type ImageOutcome } from './report';
import type { FailureGroup } from './run';

/** What a chunk has done so far, absolute: a repeated report changes nothing. */
export interface ChunkProgress extends Counters {
  readonly inFlight: number;
  readonly failureGroups: readonly FailureGroup[];
  /** Why nothing moves, when nothing does: `Vision asked to wait until ...`. */
  readonly waiting?: string;
}

export const NO_PROGRESS: ChunkProgress = { ...NO_COUNTERS, inFlight: 0, failureGroups: [] };

/** Images that need no more work. */
export function covered(progress: ChunkProgress): number {
  return IMAGE_COUNTERS.reduce((sum, counter) => sum + progress[counter], 0);
}

/** Groups kept per run; further ones are counted under the last. */
const MAX_GROUPS = 50;
/** Of one chunk: the state of a run holds those of 16, each with the name of an image. */
const MAX_GROUPS_OF_CHUNK = 20;

/** What an older build has stored lacks the newer counters: here they are 0. */
export function addProgress(a: ChunkProgress, b: ChunkProgress): ChunkProgress {
  const waiting = a.waiting ?? b.waiting;
  return {
    ...add(a, b),
    inFlight: a.inFlight + b.inFlight,
    failureGroups: addGroups(a.failureGroups, b.failureGroups),
    ...defined({ waiting }),
  };
}

export function addGroups(a: readonly FailureGroup[], b: readonly FailureGroup[], most = MAX_GROUPS): FailureGroup[] {
  const groups = new Map(a.map((group) => [fingerprint(group), group]));
  for (const group of b) {
    const key = fingerprint(group);
    const known = groups.get(key);
    if (known) groups.set(key, { ...known, count: known.count + group.count });
    else if (groups.size < most) groups.set(key, group);
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
  return {
    ...sumOf(outcomes.map(countersOf)),
    inFlight,
    failureGroups: outcomes
      .filter((outcome) => outcome.status === 'failed')
      .reduce<FailureGroup[]>((groups, outcome) => addGroups(groups, [groupOf(outcome)], MAX_GROUPS_OF_CHUNK), []),
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
