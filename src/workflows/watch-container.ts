import { WATCH_EVENT, WORKFLOWS } from '../names';
import { call, defineWorkflow, type Generation, GenerationFull, type Step, StepFailed, waitFor } from './sdk';
import { lookAtContainer } from './steps';

/** How long a watch rests when not even its document could be read for hours. */
const REST_SECONDS = 600;

/** A step, which may need a retry, and a wait for an event or a timer. */
const TASKS_PER_LOOK = 4;

export interface WatchContainerState {
  readonly container: string;
}

/**
 * The monitor: an eternal workflow that looks at its container, starts a run where something changed, and waits for the time
 * or for a wake-up. It ends when the container is not watched any more.
 */
export const watchContainer = defineWorkflow<WatchContainerState, { readonly ended: true }>(
  WORKFLOWS.watchContainer,
  async function* (generation, { container }) {
    for (;;) {
      if (!generation.hasRoomFor(TASKS_PER_LOOK)) throw new GenerationFull(); // or the next one would begin with a look
      const { watched, waitSeconds } = yield* look(generation, container);
      if (!watched) return { ended: true };
      yield* waitFor(generation, WATCH_EVENT, waitSeconds * 1_000);
    }
  },
);

/** A watch gives up on nothing: what failed for good is tried again later. */
async function* look(generation: Generation, container: string): Step<{ watched: boolean; waitSeconds: number }> {
  try {
    return yield* call(generation, lookAtContainer, { container });
  } catch (thrown) {
    if (!(thrown instanceof StepFailed)) throw thrown;
    return { watched: true, waitSeconds: REST_SECONDS };
  }
}
