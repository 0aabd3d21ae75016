import type { UseCases } from './port';
import type { ContainerIndex } from './containers/container-index';
import { ContainerVerification, type VerificationDeps } from './containers/container-verification';
import type { Operations } from './operations/operations';
import { RunHistory, type RunHistoryDeps } from './runs/run-history';

/** What runs did, and whether a container's records agree, as the API asks for it. */
export function createHistory(
  deps: RunHistoryDeps & VerificationDeps & { readonly containerIndex: Pick<ContainerIndex, 'refresh'> },
  operations: Operations,
): Pick<
  UseCases,
  | 'listRunImages'
  | 'readRunReport'
  | 'listRunSteps'
  | 'getReceipt'
  | 'verifyContainer'
  | 'repairContainer'
  | 'getOperation'
> {
  const story = new RunHistory(deps);
  const verification = new ContainerVerification(deps);
  return {
    listRunImages: (id, filter, page) => story.images(id, filter, page),
    readRunReport: (id) => story.report(id),
    listRunSteps: (id, page) => story.steps(id, page),
    getReceipt: (id) => story.receipt(id),
    verifyContainer: (container) => operations.run({ kind: 'verify', container }, () => verification.verify(container)),
    repairContainer: (container, options) =>
      operations.run({ kind: 'repair', container, variant: String(options.confirmShrink) }, async () => {
        const repair = await verification.repair(container, options);
        await deps.containerIndex.refresh(container).catch(() => undefined); // the totals are right; the list waits for the next run
        return repair;
      }),
    getOperation: (id) => operations.get(id),
  };
}
