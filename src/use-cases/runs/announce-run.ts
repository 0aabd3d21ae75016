import { ENDPOINTS } from '../../contract/endpoints';
import { pathOf } from '../../contract/path';
import type { Actors } from '../../actors';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { type RunEventData, type RunEventName, runEvent } from '../../domain/run/events';
import { instanceIdOf } from '../../domain/run/instance-id';
import type { RunView } from '../../domain/run/run';
import type { EventsGateway } from '../../gateways/events/port';

export interface AnnounceRunDeps {
  readonly actors: Pick<Actors, 'run'>;
  readonly events: EventsGateway;
}

/**
 * Publishes one event of a run. At least once; consumers deduplicate by its deterministic id.
 * @throws AppError run-not-found when its state was forgotten
 */
export async function announceRun(
  { actors, events }: AnnounceRunDeps,
  { runId, container }: { readonly runId: string; readonly container: string },
  event: RunEventName,
): Promise<void> {
  const { run } = await actors.run(runId).view();
  if (!run) throw new AppError('run-not-found', `Run ${runId} has no state to announce.`);
  const time = timeOf(event, run);
  const data = {
    runId: instanceIdOf(runId),
    container,
    status: run.status,
    counts: run.counts,
    ...defined({ reason: run.reason }),
    ...(event === 'approval-requested' && approvalOf(run)),
  };
  await events.publish(runEvent(event, time, data, runId));
}

function timeOf(event: RunEventName, run: RunView): string {
  if (event === 'run-started') return run.startedAt;
  if (event === 'approval-requested') return run.approval?.askedAt ?? run.updatedAt;
  return run.endedAt ?? run.updatedAt;
}

/** Paths, not addresses: the workflow does not know under which address its reader reaches the API. */
function approvalOf({ id: runId, quote, approval }: RunView): Pick<RunEventData, 'approval'> {
  if (quote?.planHash === undefined || approval === undefined) return {};
  const { planHash, transactions, price } = quote;
  const id = instanceIdOf(runId);
  const links = {
    run: pathOf(ENDPOINTS.getRun, { id }),
    approve: pathOf(ENDPOINTS.approveRun, { id }),
    decline: pathOf(ENDPOINTS.declineRun, { id }),
  };
  const { total, currency } = price;
  return { approval: { planHash, transactions, price: { total, currency }, expiresAt: approval.expiresAt, links } };
}
