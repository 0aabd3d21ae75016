import { isFinal } from 'contactsheet/contract';
import { isOutage } from './api/failures';
import type { Run } from './api/documents';
import { EXIT, type ExitCode } from './exit-codes';
import { Failure, Interrupted } from './failure';
import type { Progress } from './progress';
import type { Session } from './session';
import { createPaceTracker } from './text/pace';
import { doneOf, progressLine } from './text/progress-line';
import { duration } from './text/quantities';

/**
 * Follows a run to its end.
 *
 * I1 The run does not depend on who looks: Ctrl-C, a timeout or an outage end the looking only, and say so.
 * I2 An API that is away for less than a minute is waited for.
 */

const OUTAGE_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const PAUSE_MS = { live: 1_000, plain: 2_000 } as const;
const LONGEST_RETRY_PAUSE_MS = 10_000;
const REQUEST_TIMEOUT_MS = 10_000;

export interface FollowOptions {
  /** Gives up looking after this. */
  readonly timeoutMs?: number | undefined;
}

/** The final run. @throws Interrupted, Failure */
export async function followRun(session: Session, id: string, { timeoutMs }: FollowOptions = {}): Promise<Run> {
  const progress = session.progress();
  const { context } = session;
  const look = createLook(session, id, progress);
  const pace = createPaceTracker();
  const hints = createHints(progress);
  const deadline = context.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  let pauseMs = FIRST_PAUSE_MS;
  try {
    for (let last = ''; ; ) {
      const run = await look();
      if (run !== undefined) {
        progress.show(progressLine(run, pace.see(doneOf(run), context.now())));
        hints(run);
        last = await printChange(session, run, last);
        if (isFinal(run.status)) return run;
      }
      if (context.now() >= deadline) throw timedOut(id, timeoutMs ?? 0);
      await context.sleep(Math.min(pauseMs, deadline - context.now()), context.interrupted);
      if (context.interrupted.aborted) throw new Interrupted();
      pauseMs = Math.min(pauseMs * 2, context.stderr.isTTY === true ? PAUSE_MS.live : PAUSE_MS.plain);
    }
  } catch (error) {
    throw error instanceof Interrupted ? detached(id) : error;
  } finally {
    progress.end();
  }
}

/** One look at the run; undefined while the API is away, after a pause that grows. I2 */
function createLook({ api, context }: Session, id: string, progress: Progress): () => Promise<Run | undefined> {
  let awaySince: number | undefined;
  let attempt = 0;
  return async () => {
    try {
      const call = { what: 'runs', retries: 0, timeoutMs: REQUEST_TIMEOUT_MS };
      const { body: run } = await api.getRun({ params: { id } }, call);
      if (awaySince !== undefined) progress.note('The API answers again.');
      awaySince = undefined;
      attempt = 0;
      return run;
    } catch (error) {
      if (!isOutage(error)) throw error;
      if (awaySince === undefined) {
        progress.note(`${(error as Failure).message}; trying again for up to ${OUTAGE_MS / 1000} s ...`);
      }
      awaySince ??= context.now();
      const leftMs = awaySince + OUTAGE_MS - context.now();
      if (leftMs <= 0) throw givenUp(error as Failure, id);
      await context.sleep(Math.min(500 * 2 ** attempt++, LONGEST_RETRY_PAUSE_MS, leftMs), context.interrupted);
      return undefined;
    }
  };
}

/** What a person has to do before the run goes on, said once. */
function createHints(progress: Progress): (run: Run) => void {
  let said: string | undefined;
  return (run) => {
    if (run.status === said) return;
    said = run.status;
    const hint = hintFor(run);
    if (hint !== undefined) progress.note(hint);
  };
}

function hintFor({ id, status, reason }: Run): string | undefined {
  switch (status) {
    case 'AwaitingApproval':
      return `Waiting for approval: contactsheet run approve ${id}, or run decline ${id}`;
    case 'Paused':
      return `Paused. Resume with: contactsheet run resume ${id}`;
    case 'StoppedAtBudget':
      return `${reason ?? 'Stopped at its budget.'} Resume with: contactsheet run resume ${id} [--max-transactions N]`;
    default:
      return undefined;
  }
}

/** Each state that differs from the one before, for `-o jsonl`. */
async function printChange({ out }: Session, run: Run, last: string): Promise<string> {
  if (out.format !== 'jsonl') return last;
  const now = JSON.stringify(run);
  if (now !== last) await out.value(run, () => []);
  return now;
}

export function exitCodeOf({ status }: Pick<Run, 'status'>): ExitCode {
  if (status === 'Failed' || status === 'Cancelled') return EXIT.runFailed;
  return status === 'CompletedWithErrors' ? EXIT.runHadErrors : EXIT.ok;
}

// I1
function detached(id: string): Interrupted {
  return new Interrupted(`still running; cancel with: contactsheet run cancel ${id}`, [
    `follow it again with: contactsheet run watch ${id}`,
  ]);
}

function timedOut(id: string, timeoutMs: number): Failure {
  return new Failure(EXIT.unreachable, `the run did not end within ${duration(timeoutMs)} and is still running`, [
    `follow it again with: contactsheet run watch ${id}`,
  ]);
}

function givenUp(error: Failure, id: string): Failure {
  return new Failure(EXIT.unreachable, `${error.message} for ${OUTAGE_MS / 1000} s; the run continues without it`, [
    ...error.help,
    `follow it again with: contactsheet run watch ${id}`,
  ]);
}
