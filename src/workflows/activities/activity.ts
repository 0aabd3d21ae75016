import { type Outcome, settle } from '../../domain/outcome';
import type { ActivityRef } from '../sdk';

/** An activity with its wire name. It answers an Outcome and never throws (see domain/outcome.ts). */
export interface Activity {
  readonly name: string;
  readonly run: (input: unknown) => Promise<Outcome<unknown>>;
}

export function activity<Input, Output>(
  ref: ActivityRef<Input, Output>,
  work: (input: Input) => Promise<Output>,
): Activity {
  return { name: ref.name, run: (input) => settle(() => work(input as Input)) };
}
