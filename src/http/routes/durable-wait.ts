import { setTimeout as pause } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { isFinal, type RunView } from '../../domain/run/run';
import type { RouteDeps } from '../route-deps';
import type { UseCases } from '../../use-cases/port';
import { sendStatus } from './durable-instances';
import { badParameter, parameter } from './durable-request';
import { outputOf } from './durable-status';
import { sendCheckStatus } from './starter';

/** A start that waits for its end, when the caller says how long: `timeout` and `pollingInterval`, in seconds. */
export interface Wait {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** Azure's load balancer cuts a request after 230 s; whoever has heard of that asks for less. */
const MAX_WAIT_SECONDS = 230;

/** Both parameters together switch waiting on. */
export function waitOf(req: Request): Wait | undefined {
  const [timeout, interval] = [parameter(req, 'timeout'), parameter(req, 'pollingInterval')];
  if (!timeout || !interval) return undefined;
  const seconds = [timeout, interval].map((text) => (/^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN));
  const [timeoutS = Number.NaN, intervalS = Number.NaN] = seconds;
  if (!(timeoutS >= 0 && timeoutS <= MAX_WAIT_SECONDS))
    throw badParameter('timeout', `Seconds, at most ${MAX_WAIT_SECONDS}.`);
  if (!(intervalS > 0)) throw badParameter('pollingInterval', 'Seconds, more than 0.');
  if (intervalS > timeoutS) throw badParameter('pollingInterval', 'The interval is longer than the timeout.');
  return { timeoutMs: timeoutS * 1_000, intervalMs: Math.max(intervalS * 1_000, 100) };
}

/** The output of the run where it ends in time, its status where it failed, and otherwise the links. */
export async function sendStarted(
  req: Request,
  res: Response,
  { useCases, links }: RouteDeps,
  id: string,
  wait: Wait | undefined,
): Promise<void> {
  const run = wait ? await ended(useCases, id, wait) : undefined;
  const to = links.for(req).management(id);
  if (!run) sendCheckStatus(res, to);
  else if (run.status.startsWith('Completed')) res.json(outputOf(run));
  else sendStatus(req, res, run, to.statusQueryGetUri);
}

/** The run once it has ended; undefined when the time is over before. */
async function ended(useCases: UseCases, id: string, { timeoutMs, intervalMs }: Wait): Promise<RunView | undefined> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const run = await useCases.getRun(id);
    if (isFinal(run.status)) return run;
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return undefined;
    await pause(Math.min(intervalMs, leftMs));
  }
}
