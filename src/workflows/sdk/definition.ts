import type { Task, TWorkflow, WorkflowContext } from '@dapr/dapr';
import type { ErrorValue } from '../../domain/outcome';
import { type StepAnswer, answerTo } from './answer';
import { type Attempts, createGeneration, type Generation, GenerationFull, StepFailed } from './generation';

/**
 * The one seam between a workflow's story and Dapr's engine (@dapr/dapr 3.18.0).
 *
 * I1 Only `async function*` is driven by the SDK: a plain generator completes at once with `{}`.
 * I2 A workflow never fails by throwing: it answers an Outcome, because `whenAny` over children that throw leaves the
 *    parent with half an error.
 * I3 No history grows beyond a generation's budget: the story is cut and goes on as new with its state.
 *
 * Held by test/replay.
 */

/** What an engine turn hands to the story and takes from it. */
export type Step<T> = AsyncGenerator<Task<unknown>, T, unknown>;

/** A workflow by its wire name, with the types of input and outcome. */
export interface WorkflowRef<Input, Output> {
  readonly name: string;
  /** Never set: carries the types. */
  readonly types?: (input: Input) => Output;
}

/** An activity by its wire name, with the types of input and outcome. Inputs are objects (see createGeneration). */
export interface ActivityRef<Input, Output> {
  readonly name: string;
  /** Never set: carries the types. */
  readonly types?: (input: Input) => Output;
}

/** Names an activity; `name` is wire format and is never changed. */
export function activityRef<Input, Output>(name: string): ActivityRef<Input, Output> {
  return { name };
}

/** A workflow that the worker can register. */
export interface WorkflowDefinition<State, Output> extends WorkflowRef<State, Output> {
  /** Driven by the SDK, one `yield` a turn. */
  readonly run: TWorkflow;
}

/** What a generation hands to the next one. */
interface Continued<State> {
  readonly state: State;
  readonly generation: number;
  readonly attempts: Attempts;
  /** What its parent calls it. */
  readonly step?: string;
}

/**
 * A workflow whose whole memory is `State`: JSON, small, and enough to go on from. The story changes `state` in place as
 * steps complete; when a generation is full it is continued as new with what `state` says then.
 */
export function defineWorkflow<State extends object, Output>(
  name: string,
  story: (generation: Generation, state: State) => Step<Output>,
): WorkflowDefinition<State, Output> {
  const run = async function* (
    ctx: WorkflowContext,
    input: State | Continued<State>,
  ): Step<StepAnswer<Output> | undefined> {
    const began = structuredClone('attempts' in input ? input : first(input));
    const { state, generation, attempts } = began;
    try {
      return answerTo(began, { ok: true, value: yield* story(createGeneration(ctx, generation, attempts), state) });
    } catch (thrown) {
      if (thrown instanceof GenerationFull) {
        const continued: Continued<State> = { ...began, generation: generation + 1 };
        ctx.continueAsNew(continued, true); // events that came early are carried along
        return undefined;
      }
      return answerTo(began, { ok: false, error: errorValue(thrown) });
    }
  };
  return { name, run: run as unknown as TWorkflow };
}

function first<State extends object>(input: State & { readonly step?: string }): Continued<State> {
  const { step, ...state } = input;
  const began = { state: state as State, generation: 1, attempts: {} };
  return step === undefined ? began : { ...began, step };
}

function errorValue(thrown: unknown): ErrorValue {
  if (thrown instanceof StepFailed) return thrown.error;
  return { code: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown), retryable: false };
}
