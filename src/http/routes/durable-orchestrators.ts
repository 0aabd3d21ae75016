import type { z } from 'zod';
import type { OrchestratorInput } from '../../contract/endpoints/durable';
import { defined } from '../../domain/defined';
import { checkContainerName } from '../../domain/container/container-name';
import { INSTANCE_ID_RULE, isInstanceId } from '../../domain/run/instance-id';
import { TUTORIAL_ALIASES, WORKFLOWS } from '../../names';
import type { RunUseCases, StartRunCommand } from '../../use-cases/runs/port';
import type { Handler } from '../bind';
import { badRequest } from '../request-error';
import { startedAnswer, waitOf } from './durable-wait';

/**
 * Starting by name, as Durable Functions does.
 * The input of a run is the name of its container, or an object with it and what else a start may say.
 */
const ORCHESTRATORS = [WORKFLOWS.analyzeContainer, ...Object.keys(TUTORIAL_ALIASES)].filter(
  (name) => (TUTORIAL_ALIASES[name] ?? name) === WORKFLOWS.analyzeContainer,
);

type Starting = Pick<RunUseCases, 'startRun' | 'getRun'>;

export function startNewInstance(ask: Starting): Handler<'startNewInstance'> {
  return async ({ params: { functionName }, query, body, links }) => {
    const wait = waitOf(query);
    checkFunction(functionName);
    const { id } = await ask.startRun(commandOf(body));
    return startedAnswer(ask, { id, wait, options: query, links });
  };
}

/** Under an id that the caller chose. */
export function startInstance(ask: Starting): Handler<'startInstance'> {
  return async ({ params: { functionName, instanceId }, query, body, links }) => {
    const wait = waitOf(query);
    checkFunction(functionName);
    if (!isInstanceId(instanceId)) throw badRequest('/path/id', INSTANCE_ID_RULE);
    const { id } = await ask.startRun({ ...commandOf(body), id: instanceId });
    return startedAnswer(ask, { id, wait, options: query, links });
  };
}

function checkFunction(name: string): void {
  if (ORCHESTRATORS.some((known) => known.toLowerCase() === name.toLowerCase())) return;
  throw badRequest('/path/name', `The orchestrators are ${ORCHESTRATORS.join(' and ')}.`);
}

function commandOf(input: z.output<typeof OrchestratorInput>): StartRunCommand {
  const { container, ...rest } = typeof input === 'string' ? { container: input } : input;
  checkContainerName(container, typeof input === 'string' ? '/body' : '/body/container');
  return { container, ...defined(rest) };
}
