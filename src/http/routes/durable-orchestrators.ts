import type { Request, Router } from 'express';
import { OrchestratorInput } from '../../contract/endpoints/durable';
import { checkContainerName } from '../../domain/container/container-name';
import { isRunId } from '../../domain/ids';
import { TUTORIAL_ALIASES, WORKFLOWS } from '../../names';
import type { RouteDeps } from '../route-deps';
import { DURABLE_TASK_BASE } from '../../contract/durable-task';
import { handle, pathParam } from '../route';
import type { StartRunCommand } from '../../use-cases/runs/port';
import { parsePart } from '../validation';
import { badPath, checkCode, durableBody } from './durable-request';
import { sendStarted, waitOf } from './durable-wait';

/**
 * Starting by name, as Durable Functions does: `orchestrators/{name}/{id?}`.
 * The input of a run is the name of its container, or an object with it and what else a start may say.
 */
const ORCHESTRATORS = [WORKFLOWS.analyzeContainer, ...Object.keys(TUTORIAL_ALIASES)].filter(
  (name) => (TUTORIAL_ALIASES[name] ?? name) === WORKFLOWS.analyzeContainer,
);

export function durableOrchestratorRoutes(router: Router, deps: RouteDeps): void {
  router.post(
    [`${DURABLE_TASK_BASE}/orchestrators/:name`, `${DURABLE_TASK_BASE}/orchestrators/:name/:id`],
    handle(async (req, res) => {
      checkCode(req, deps, undefined, 'operator');
      const wait = waitOf(req);
      const started = await deps.useCases.startRun(commandOf(req));
      await sendStarted(req, res, deps, started.id, wait);
    }),
  );
}

function commandOf(req: Request): StartRunCommand {
  const name = pathParam(req, 'name').toLowerCase();
  if (!ORCHESTRATORS.some((known) => known.toLowerCase() === name)) {
    throw badPath('name', `The orchestrators are ${ORCHESTRATORS.join(' and ')}.`);
  }
  const id = pathParam(req, 'id');
  if (id !== '' && !isRunId(id)) {
    throw badPath('id', 'An instance id is a GUID without dashes, in lower case.');
  }
  const input = parsePart(OrchestratorInput, 'body', durableBody(req));
  const { container, ...rest } = typeof input === 'string' ? { container: input } : input;
  checkContainerName(container, typeof input === 'string' ? '/body' : '/body/container');
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { container, ...said, ...(id === '' ? {} : { id }) };
}
