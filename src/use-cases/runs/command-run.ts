import type { Actors } from '../../actors';
import type { CommandReply } from '../../actors/run/run-actor.api';
import { AppError } from '../../domain/errors';
import { isFinal, type RunStatus, type RunView } from '../../domain/run/run';
import type { RunsGateway } from '../../gateways/runs/port';
import { RUN_CONTROL_EVENT } from '../../names';
import type { WorkflowStarter } from '../workflow-starter';
import type { GetRun } from './get-run';
import type { ControlCommand } from './port';

export interface CommandRunDeps {
  readonly getRun: GetRun;
  readonly actors: Pick<Actors, 'run'>;
  readonly runs: Pick<RunsGateway, 'write'>;
  readonly workflows: Pick<WorkflowStarter, 'raiseEvent'>;
}

/**
 * Says a word of an owner to a run. The run actor decides; the workflow is only woken.
 *
 * I1 A command is idempotent: said again it answers the run as it is. `asked`: the end that the verb asks for.
 * I2 A lost event loses no word: the reconciler and the run's own hourly look find what the actor knows.
 *
 * @throws AppError run-not-found, command-refused (context.runStatus)
 */
export async function commandRun(
  deps: CommandRunDeps,
  { id, verb, ...said }: ControlCommand,
  asked?: RunStatus,
): Promise<RunView> {
  const run = await deps.getRun(id);
  if (run.status === asked) return run; // I1
  if (isFinal(run.status)) throw refused(verb, run);
  const reply = await deps.actors.run(id).command({ verb, ...said });
  if (!reply.accepted) throw refused(verb, reply.run);
  return obeyed(deps, reply);
}

export async function obeyed(
  { workflows, runs }: Pick<CommandRunDeps, 'workflows' | 'runs'>,
  { run, wake }: CommandReply,
): Promise<RunView> {
  if (wake) await workflows.raiseEvent(run.id, RUN_CONTROL_EVENT, {}).catch(() => undefined); // I2
  await runs.write(run);
  return run;
}

export function refused(verb: string, { status }: RunView): AppError {
  return new AppError('command-refused', `A run that is ${status} does not take '${verb}'.`, {
    context: { runStatus: status },
  });
}
