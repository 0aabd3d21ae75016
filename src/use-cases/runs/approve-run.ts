import { AppError } from '../../domain/errors';
import { isFinal, type RunView } from '../../domain/run/run';
import { type CommandRunDeps, obeyed, refused } from './command-run';
import type { RunUseCases } from './port';

/** Consents to the plan that was quoted, and to no other: its hash is named. Idempotent: the same consent is taken again. */
export function createApproveRun(deps: CommandRunDeps): RunUseCases['approveRun'] {
  return async ({ id, ...consent }) => {
    const run = await deps.getRun(id);
    if (isFinal(run.status)) throw refused('approve', run);
    const reply = await deps.actors.run(id).approve(consent);
    if (reply.planHash !== undefined) {
      throw new AppError('plan-changed', `The plan of this run is ${reply.planHash}: check its quote again.`);
    }
    if (reply.isApproved) throw approvedOtherwise(reply.run);
    if (!reply.accepted) throw refused('approve', reply.run);
    return obeyed(deps, reply);
  };
}

function approvedOtherwise({ status, approval }: RunView): AppError {
  const { maxTransactions } = approval ?? {};
  const said =
    maxTransactions === undefined ? 'without a maximum' : `with a maximum of ${maxTransactions} transactions`;
  return new AppError('command-refused', `This run is approved already, ${said}: 'resume' sets another.`, {
    context: { runStatus: status },
  });
}
