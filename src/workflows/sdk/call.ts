import { delayMs, type RetryPolicy, STEP_RETRY } from '../../domain/retry';
import type { ActivityRef, Step } from './definition';
import { type Generation, GenerationFull } from './generation';

/**
 * One activity, retried by durable timers while its error says that trying again may help. The SDK has no retry policy
 * (3.18.0, js-sdk #840); an activity of ours never throws, so a failed task is the engine's own trouble and retried too.
 * Attempts are counted over generations.
 * @throws StepFailed when the error is permanent or the attempts are used up; GenerationFull when it does not fit
 */
export async function* call<Input extends object, Output>(
  generation: Generation,
  ref: ActivityRef<Input, Output>,
  input: Input,
  policy: RetryPolicy = STEP_RETRY,
): Step<Output> {
  for (;;) {
    if (!generation.hasRoomFor(2)) throw new GenerationFull();
    const task = generation.activity(ref.name, input);
    try {
      yield task;
    } catch (thrown) {
      if (!task.isFailed) throw thrown; // a failed task speaks through its outcome
    }
    const outcome = generation.outcome<Output>(task);
    const attempt = generation.attempted(ref.name, outcome, policy);
    if (outcome.ok) return outcome.value;
    yield generation.timer(delayMs(policy, attempt));
  }
}
