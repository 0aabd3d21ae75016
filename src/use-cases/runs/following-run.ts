import type { Actors } from '../../actors';
import { defined } from '../../domain/defined';
import { type ApprovalRule, stricter } from '../../domain/run/approval';
import type { RunView } from '../../domain/run/run';
import type { RunsGateway } from '../../gateways/runs/port';
import type { StartRunCommand } from './port';

/**
 * I1 Who restarts a run, or tries it again, spends on nothing that it would not have spent on: its features, its cap and when
 *    it had to be approved hold again, and for a restart the images it was for. A retry may name another cap. Where it was
 *    asked, it is asked again; where what is configured now asks more often than its rule, that holds.
 */
export interface FollowingRunDeps {
  readonly actors: Pick<Actors, 'run'>;
  readonly runs: Pick<RunsGateway, 'write'>;
  /** When a run must be approved where its start does not say. Default `auto`. */
  readonly approval?: ApprovalRule;
}

/** What also holds for a run that follows this one (I1). */
export async function heldTo(
  { actors, approval: configured = 'auto' }: Pick<FollowingRunDeps, 'actors' | 'approval'>,
  { id, features, maxTransactions, approval }: RunView,
): Promise<Pick<StartRunCommand, 'features' | 'maxTransactions' | 'approval'>> {
  const { approvalRule } = await actors.run(id).view();
  const rule = approval === undefined ? approvalRule : 'always';
  return {
    ...defined({ features, maxTransactions }),
    ...(rule !== undefined && { approval: stricter(rule, configured) }),
  };
}

/** Writes into the record of a run which run tries it again. */
export async function link(
  { actors, runs }: Pick<FollowingRunDeps, 'actors' | 'runs'>,
  run: RunView,
  said: { readonly by: string; readonly who: string; readonly how?: string; readonly reason?: string },
): Promise<void> {
  const told = await actors
    .run(run.id)
    .retried(said)
    .then(({ run: view }) => view)
    .catch(() => ({ ...run, retriedBy: said.by })); // its actor's state may have been cleaned up
  await runs.write(told);
}
