import type { Outcome } from '../../domain/outcome';

/**
 * The outcome of a step, with the name its workflow gave to that step.
 *
 * Task ids begin anew with every generation. A late second answer (an activity that ran twice after a lost scheduler)
 * reaches whatever task has its id by then: Dapr 1.18.2 drops only answers whose id matches no task.
 */
export type StepAnswer<T> = Outcome<T> & { readonly step?: string };

/** Every activity and child answers with the step its input named. */
export function answerTo<T>(input: unknown, outcome: Outcome<T>): StepAnswer<T> {
  const { step } = (input ?? {}) as { readonly step?: string };
  return step === undefined ? outcome : { ...outcome, step };
}
