import { defined } from '../defined';
import { msOf, timeOf } from '../time';

/**
 * The order of runs: by the start that is stored with them. An id says nothing of it, since callers choose ids.
 *
 * I1 Runs of one container have starts that differ, in the order in which they held it: see `nextStart`. So no clock that
 *    goes back, and no two clocks that differ, change the order.
 * I2 Runs of several containers may start in the same millisecond: then the id decides, so that the order is total.
 */

/** A run, as far as its place among others goes. `startedAt`: RFC 3339, UTC, in milliseconds. */
export interface RunStart {
  readonly id: string;
  readonly startedAt: string;
}

/** Below 0 where `a` began before `b`, above 0 where it began after, 0 for the same run. */
export function compareStarts(a: RunStart, b: RunStart): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1; // I2
}

/** I1: now, or a millisecond after the run before, whatever the clock says. Times are RFC 3339, UTC. */
export function nextStart(now: string, last: string | undefined): string {
  return last === undefined || now > last ? now : timeOf(msOf(last) + 1);
}

/** What a document says of the run that wrote it. */
export interface WrittenByRun {
  readonly runId: string;
  /** Absent in documents of older builds. */
  readonly runStartedAt?: string;
  readonly analyzedAt?: string;
}

/** Did a run that began later than `run` write this? */
export function isWrittenLater(written: WrittenByRun, run: RunStart): boolean {
  if (written.runId === run.id) return false;
  return compareStarts({ id: written.runId, startedAt: startOf(written) }, run) > 0;
}

/**
 * Older builds wrote no start. They made ids that hold the time; a caller who chose an id chose no such thing, and then the
 * write itself tells: runs of a container follow each other.
 */
function startOf({ runId, runStartedAt, analyzedAt = '' }: WrittenByRun): string {
  return runStartedAt ?? timeInId(runId) ?? analyzedAt;
}

/** A start where an id is all that is known of a run. RFC 3339, UTC; undefined where the id is no UUID v7. */
export function timeInId(runId: string): string | undefined {
  const [, milliseconds] = /^([0-9a-f]{12})7[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-f])/.exec(runId) ?? [];
  return milliseconds === undefined ? undefined : timeOf(Number.parseInt(milliseconds, 16));
}

/** The run that writes a document, as it stands in the document. */
export function writtenBy(run: { readonly runId: string; readonly startedAt?: string | undefined }): WrittenByRun {
  return { runId: run.runId, ...defined({ runStartedAt: run.startedAt ?? timeInId(run.runId) }) };
}
