import type { Outcome } from '../../domain/outcome';
import { delayMs, type RetryPolicy, STEP_RETRY } from '../../domain/retry';
import type { ActivityRef, Step } from './definition';
import { type Generation, GenerationFull, StepFailed } from './generation';

/**
 * One activity, retried by durable timers while its error says that trying again may help. The SDK has no retry policy
 * (3.18.0, js-sdk #840); an activity of ours never throws, so a failed task is the engine's own trouble and retried too.
 * @throws StepFailed when the error is permanent or the attempts are used up
 */
export async function* call<Input extends object, Output>(
  generation: Generation,
  ref: ActivityRef<Input, Output>,
  input: Input,
  policy: RetryPolicy = STEP_RETRY,
): Step<Output> {
  for (let attempt = 1; ; attempt++) {
    if (!generation.hasRoomFor(2)) throw new GenerationFull();
    const outcome = (yield generation.activity(ref.name, input)) as Outcome<Output>;
    if (outcome.ok) return outcome.value;
    if (!outcome.error.retryable || attempt >= policy.maxAttempts) throw new StepFailed(outcome.error);
    yield generation.timer(delayMs(policy, attempt));
  }
}
