import { setTimeout as pause } from 'node:timers/promises';
import { isFinal, type RunView } from '../../domain/run/run';
import type { RunUseCases } from '../../use-cases/runs/port';
import type { Links } from '../links';
import { badRequest } from '../request-error';
import { type StatusOptions, statusAnswer } from './durable-instances';
import { outputOf } from './durable-status';
import { checkStatus } from './starter';

/** A start that waits for its end, when the caller says how long: `timeout` and `pollingInterval`, in seconds. */
export interface Wait {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** Azure's load balancer cuts a request after 230 s; whoever has heard of that asks for less. */
const MAX_WAIT_SECONDS = 230;

export interface WaitAsked {
  readonly timeout?: string | undefined;
  readonly pollingInterval?: string | undefined;
}

/** Both parameters together switch waiting on. @throws RequestError invalid-request */
export function waitOf({ timeout, pollingInterval }: WaitAsked): Wait | undefined {
  if (!timeout || !pollingInterval) return undefined;
  const [timeoutS, intervalS] = [secondsOf(timeout), secondsOf(pollingInterval)];
  if (!(timeoutS >= 0 && timeoutS <= MAX_WAIT_SECONDS))
    throw badRequest('/query/timeout', `Seconds, at most ${MAX_WAIT_SECONDS}.`);
  if (!(intervalS > 0)) throw badRequest('/query/pollingInterval', 'Seconds, more than 0.');
  if (intervalS > timeoutS) throw badRequest('/query/pollingInterval', 'The interval is longer than the timeout.');
  return { timeoutMs: timeoutS * 1_000, intervalMs: Math.max(intervalS * 1_000, 100) };
}

function secondsOf(text: string): number {
  return /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
}

export interface Started {
  readonly id: string;
  readonly wait: Wait | undefined;
  readonly options: StatusOptions;
  readonly links: Links;
}

/** The output of the run where it ends in time, its status where it failed, and otherwise the links. */
export async function startedAnswer(ask: Pick<RunUseCases, 'getRun'>, { id, wait, options, links }: Started) {
  const run = wait ? await ended(ask, id, wait) : undefined;
  const to = links.management(id);
  if (!run) return checkStatus(to);
  if (run.status.startsWith('Completed')) return { status: 200, body: outputOf(run) } as const;
  const { status, body } = statusAnswer(run, options, to.statusQueryGetUri);
  return status === 500 ? ({ status: 500, body } as const) : ({ status: 200, body } as const); // it has ended
}

/** The run once it has ended; undefined when the time is over before. */
async function ended(
  ask: Pick<RunUseCases, 'getRun'>,
  id: string,
  { timeoutMs, intervalMs }: Wait,
): Promise<RunView | undefined> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const run = await ask.getRun(id);
    if (isFinal(run.status)) return run;
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return undefined;
    await pause(Math.min(intervalMs, leftMs));
  }
}
