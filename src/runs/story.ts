import type { StoryUseCases } from '../http/story-use-cases';
import type { ContainerIndex } from './container-index';
import { ContainerVerification, type VerificationDeps } from './container-verification';
import type { Operations } from './operations';
import { RunStory, type RunStoryDeps } from './run-story';

/** What runs did, and whether a container's records agree, as the API asks for it. */
export function createStory(
  deps: RunStoryDeps & VerificationDeps & { readonly containerIndex: Pick<ContainerIndex, 'refresh'> },
  operations: Operations,
): StoryUseCases {
  const story = new RunStory(deps);
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
