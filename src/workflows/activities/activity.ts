import { settle } from '../../domain/outcome';
import { type ActivityRef, type Answer, answerTo } from '../sdk';

/** An activity with its wire name. It answers an Outcome and never throws (see domain/outcome.ts). */
export interface Activity {
  readonly name: string;
  readonly run: (input: unknown) => Promise<Answer<unknown>>;
}

export function activity<Input, Output>(
  ref: ActivityRef<Input, Output>,
  work: (input: Input) => Promise<Output>,
): Activity {
  return { name: ref.name, run: async (input) => answerTo(input, await settle(() => work(input as Input))) };
}

/** The same activity; what fails and will be tried again is told to `tell`, so that a run that waits says why. */
export function withTroubleTold(
  activity: Activity,
  tell: (runId: string, reason: string) => Promise<unknown>,
): Activity {
  return {
    name: activity.name,
    run: async (input) => {
      const outcome = await activity.run(input);
      if (!outcome.ok && outcome.error.retryable) {
        const { runId } = input as { readonly runId: string };
        await tell(runId, `${activity.name}: ${outcome.error.message}`).catch(() => undefined);
      }
      return outcome;
    },
  };
}
