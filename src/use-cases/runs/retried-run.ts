import { AppError } from '../../domain/errors';
import type { RetryFilter } from '../../domain/run/retry-filter';
import { isFinal, type RunView } from '../../domain/run/run';
import { unprocessedCount } from '../../domain/run/unprocessed';
import { refused } from './command-run';
import type { GetRun } from './get-run';

/** The run that is to be tried again. @throws AppError run-not-found, command-refused while it goes on */
export async function finishedRun(getRun: GetRun, id: string): Promise<RunView> {
  const run = await getRun(id);
  if (!isFinal(run.status)) throw refused('retry', run);
  return run;
}

/**
 * How many images a run left because it ended early, as far as it had listed them; undefined where it left none, or the run
 * that tried it again has come to its end since: that one did what was left.
 */
export async function unprocessedOf(getRun: GetRun, run: RunView): Promise<number | undefined> {
  const count = unprocessedCount(run);
  if (count === 0) return undefined;
  const next = run.retriedBy === undefined ? undefined : await getRun(run.retriedBy).catch(() => undefined);
  const isDone = next !== undefined && unprocessedCount(next) === 0 && isFinal(next.status);
  return isDone ? undefined : (count ?? run.counts.total);
}

/** Does the filter name no failure? Then it also speaks of what the run did not come to. */
export function isOpen({ status, reason, code }: RetryFilter): boolean {
  return status === undefined && reason === undefined && code === undefined;
}

/** The longer of two prefixes of which one begins with the other. @throws AppError invalid-request where neither does */
export function narrowed(ofRun: string, asked = ''): string {
  if (asked.startsWith(ofRun)) return asked;
  if (ofRun.startsWith(asked)) return ofRun;
  throw new AppError('invalid-request', `The run covered names that begin with '${ofRun}' only.`, {
    context: { pointer: '/body/prefix' },
  });
}
