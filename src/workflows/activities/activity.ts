import { type ErrorValue, fitted, MAX_REASON_BYTES, settle } from '../../domain/outcome';
import type { Control } from '../../domain/run/facts';
import { type ActivityRef, type StepAnswer, answerTo } from '../sdk';

/** An activity with its wire name. It answers an Outcome and never throws (see domain/outcome.ts). */
export interface Activity {
  readonly name: string;
  /** `signal`: nobody waits for it any more; what has not begun is left undone. */
  readonly run: (input: unknown, signal?: AbortSignal) => Promise<StepAnswer<unknown>>;
  /** What it answers instead where the run is to end and it fails, or takes too long. Absent, or undefined: it goes on. */
  readonly stopped?: (input: unknown, control: Control) => unknown;
}

export function activity<Input, Output>(
  ref: ActivityRef<Input, Output>,
  work: (input: Input, signal: AbortSignal) => Promise<Output>,
  stopped?: (input: Input, control: Control) => Output | undefined,
): Activity {
  const run = async (input: unknown, signal = NEVER) =>
    answerTo(input, await settle(() => work(input as Input, signal), MAX_REASON_BYTES));
  return { name: ref.name, run, ...(stopped && { stopped: stopped as NonNullable<Activity['stopped']> }) };
}

const NEVER = new AbortController().signal;

/** Whom an activity of a run tells how it goes. */
export interface RunWords {
  /** It failed and will be tried again. */
  trouble(runId: string, reason: string): Promise<unknown>;
  /** It failed for good. */
  fail(runId: string, error: Pick<ErrorValue, 'code' | 'message'>): Promise<unknown>;
}

/** The same activity; what fails is told, so that a run that waits, or has failed, says why in whole sentences. */
export function withTroubleTold(activity: Activity, words: RunWords): Activity {
  return {
    ...activity,
    run: async (input, signal) => {
      const outcome = await activity.run(input, signal);
      if (outcome.ok || signal?.aborted) return outcome;
      const { runId } = input as { readonly runId: string };
      const { code, message, retryable } = outcome.error;
      const told = retryable
        ? words.trouble(runId, `${activity.name}: ${message}`)
        : words.fail(runId, { code, message });
      await told.catch(() => undefined);
      return outcome;
    },
  };
}

/** The same activity with an answer that a history can keep. */
export function withShortAnswer(activity: Activity): Activity {
  return {
    ...activity,
    run: async (input, signal) => answerTo(input, fitted(await activity.run(input, signal))),
  };
}
