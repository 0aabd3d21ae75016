import { setTimeout as pause } from 'node:timers/promises';
import type { Request, Router } from 'express';
import { z } from 'zod';
import { checkContainerName } from '../../domain/container-name';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import { isFinal, type RunView } from '../../domain/run';
import { TUTORIAL_ALIASES, WORKFLOWS } from '../../names';
import type { RouteDeps } from '../api';
import { jsonBody } from '../json-body';
import { DURABLE_TASK_BASE } from '../links';
import { RequestError } from '../request-error';
import { handle, pathParam } from '../route';
import type { StartRunCommand, UseCases } from '../use-cases';
import { parsePart } from '../validation';
import { sendStatus } from './durable-instances';
import { badParameter, checkCode, parameter } from './durable-request';
import { outputOf } from './durable-status';
import { StartRunBody } from './runs';
import { sendCheckStatus } from './starter';

/**
 * Starting and reading by name, as Durable Functions does: `orchestrators/{name}/{id?}` and `entities/{name}/{key}`.
 * The input of a run is the name of its container, or an object with it and what else a start may say.
 */
const ORCHESTRATORS = [WORKFLOWS.analyzeContainer, ...Object.keys(TUTORIAL_ALIASES)].filter(
  (name) => (TUTORIAL_ALIASES[name] ?? name) === WORKFLOWS.analyzeContainer,
);
const ENTITY = 'ContainerActor';
const MAX_WAIT_SECONDS = 230;

const Input = z.union([z.string(), StartRunBody.extend({ container: z.string() })]);

export function durableOrchestratorRoutes(router: Router, deps: RouteDeps): void {
  const { useCases, links } = deps;
  router.post(
    [`${DURABLE_TASK_BASE}/orchestrators/:name`, `${DURABLE_TASK_BASE}/orchestrators/:name/:id`],
    handle(async (req, res) => {
      checkCode(req, deps, undefined, 'operator');
      const wait = waitOf(req);
      const started = await useCases.startRun(commandOf(req));
      const run = wait ? await ended(useCases, started.id, wait) : undefined;
      const to = links.for(req).management(started.id);
      if (!run) sendCheckStatus(res, to);
      else if (run.status.startsWith('Completed')) res.json(outputOf(run));
      else sendStatus(req, res, run, to.statusQueryGetUri);
    }),
  );
  router.get(
    `${DURABLE_TASK_BASE}/entities/:name/:key`,
    handle(async (req, res) => {
      checkCode(req, deps, undefined, 'operator');
      const state = await entityState(useCases, pathParam(req, 'name'), pathParam(req, 'key'));
      if (state) res.json(state);
      else res.status(404).end();
    }),
  );
  router.use(DURABLE_TASK_BASE, (_req, res) => {
    res.status(404).end(); // what is unknown, path or verb, answers 404; there is no 405 here
  });
}

function commandOf(req: Request): StartRunCommand {
  const name = pathParam(req, 'name').toLowerCase();
  if (!ORCHESTRATORS.some((known) => known.toLowerCase() === name)) {
    throw new RequestError('invalid-request', `The orchestrators are ${ORCHESTRATORS.join(' and ')}.`);
  }
  const id = pathParam(req, 'id');
  if (id !== '' && !isRunId(id)) {
    throw new RequestError('invalid-request', 'An instance id is a GUID without dashes, in lower case.');
  }
  const input = parsePart(Input, 'body', jsonBody(req));
  const { container, ...rest } = typeof input === 'string' ? { container: input } : input;
  checkContainerName(container);
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { container, ...said, ...(id === '' ? {} : { id }) };
}

interface Wait {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** Both parameters together switch waiting on. */
function waitOf(req: Request): Wait | undefined {
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

async function entityState(useCases: UseCases, name: string, key: string): Promise<object | undefined> {
  if (name.toLowerCase() !== ENTITY.toLowerCase()) return undefined;
  try {
    return await useCases.getContainer(key);
  } catch (error) {
    if (error instanceof AppError && UNKNOWN_ENTITY.has(error.code)) return undefined;
    throw error;
  }
}

const UNKNOWN_ENTITY = new Set<string>(['container-not-found', 'invalid-container-name', 'system-container']);
