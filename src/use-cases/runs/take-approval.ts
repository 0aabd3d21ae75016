import type { Actors } from '../../actors';
import { defined } from '../../domain/defined';
import type { ApprovalAnswer } from '../../domain/run/approval';
import { APPROVAL_EVENT } from '../../names';

/**
 * Tells the run actor what came with the external event `approval`: the same words as the API's. Idempotent by run: the
 * first decision stands. An answer to another plan changes nothing (false), and the run asks on.
 */
export async function takeApprovalOfRun(
  { actors }: { readonly actors: Pick<Actors, 'run'> },
  runId: string,
  { approved, reason, ...consent }: ApprovalAnswer,
): Promise<boolean> {
  const actor = actors.run(runId);
  const who = `event ${APPROVAL_EVENT}`;
  const { accepted } = approved
    ? await actor.approve({ ...consent, who })
    : await actor.command({ verb: 'decline', who, ...defined({ reason }) });
  return accepted;
}
