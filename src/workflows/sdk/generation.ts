import type { Task, WorkflowContext } from '@dapr/dapr';
import type { ErrorValue, Outcome } from '../../domain/outcome';
import type { RetryPolicy } from '../../domain/retry';
import type { StepAnswer } from './answer';

/**
 * One generation of a workflow instance: the engine's context with a budget of history.
 *
 * A task costs at most three rows (scheduled, completed, and the turn that saw it). 26 tasks and the first two rows make
 * 80; continue-as-new deletes them in one batch with a handful of its own, and Cosmos DB takes 100 operations a batch
 * (the product's own limit is 90). Source: pkg/runtime/wfengine/state of Dapr 1.18.
 */
export const TASKS_PER_GENERATION = 26;

/** Thrown when the budget is used up and nothing is in flight: the story goes on as new. */
export class GenerationFull extends Error {
  override readonly name = 'GenerationFull';
}

/** A step answered with an error that no retry will heal. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  constructor(readonly error: ErrorValue) {
    super(error.message);
  }
}

/** What a story may ask of the engine. Tasks do nothing until they are yielded; each costs one of TASKS_PER_GENERATION. */
export interface Generation {
  /** Of this workflow; the run id for a run. */
  readonly instanceId: string;
  /** May `tasks` more be started in this generation? */
  hasRoomFor(tasks: number): boolean;
  /**
   * Counts the attempts of a step that fails, over generations, and answers which this was.
   * @throws StepFailed when the error is permanent or the attempts are used up
   */
  attempted(step: string, outcome: Outcome<unknown>, policy: RetryPolicy): number;
  /** Starts an activity. Its outcome is read with `outcome`. */
  activity(name: string, input: object): Task<unknown>;
  /** Starts a child workflow under an id that must be new. */
  child(name: string, input: object, instanceId: string): Task<unknown>;
  /** Outcome of an activity or child that has ended. What the engine itself lost or mixed up is worth another try. */
  outcome<Result>(task: Task<unknown>): Outcome<Result>;
  /** Durable: milliseconds from the time of this turn. */
  timer(delayMs: number): Task<unknown>;
  /** The one open wait for this event: the SDK gives an event to the oldest wait, also to one that was given up. */
  event(name: string): Task<unknown>;
  /** The event of the open wait was taken. */
  heard(name: string): void;
  /** Completes with the first task that does. */
  any(tasks: readonly Task<unknown>[]): Task<unknown>;
  /** Shown by every generic Dapr tool; a short JSON. */
  setStatus(status: object): void;
}

const LOST = {
  ok: false,
  error: { code: 'workflow-unavailable', message: 'the engine lost the step', retryable: true },
} as const;

/** Failures in a row by step: only of steps that are being retried. */
export type Attempts = Record<string, number>;

/** `number` counts generations, so that a step has a name no other generation gives. */
export function createGeneration(ctx: WorkflowContext, number: number, attempts: Attempts): Generation {
  let used = 0;
  const steps = new Map<Task<unknown>, string>();
  const waits = new Map<string, Task<unknown>>();
  const spend = (task: Task<unknown>) => {
    used += 1;
    return task;
  };
  const ask = (start: (step: string) => Task<unknown>) => {
    const step = `${number}.${used}`;
    const task = spend(start(step));
    steps.set(task, step);
    return task;
  };
  return {
    instanceId: ctx.getWorkflowInstanceId(),
    hasRoomFor: (tasks) => used + tasks <= TASKS_PER_GENERATION,
    attempted: (step, outcome, policy) => {
      const attempt = (attempts[step] ?? 0) + 1;
      delete attempts[step];
      if (outcome.ok) return attempt;
      // Whoever started this workflow does not begin the attempts anew.
      const isFinal = !outcome.error.retryable || attempt >= policy.maxAttempts;
      if (isFinal) throw new StepFailed({ ...outcome.error, retryable: false });
      attempts[step] = attempt;
      return attempt;
    },
    // Inputs are always objects: 0, false, '' and null arrive as undefined (SDK 3.18.0).
    activity: (name, input) => ask((step) => ctx.callActivity(name, { ...input, step })),
    child: (name, input, instanceId) => ask((step) => ctx.callChildWorkflow(name, { ...input, step }, instanceId)),
    outcome: (task) => {
      if (task.isFailed) return LOST;
      const { step, ...outcome } = task.getResult() as StepAnswer<never>;
      return step === steps.get(task) ? outcome : LOST;
    },
    timer: (delayMs) => spend(ctx.createTimer(delayMs / 1000)),
    event: (name) => {
      const wait = waits.get(name) ?? ctx.waitForExternalEvent(name);
      waits.set(name, wait);
      return spend(wait);
    },
    heard: (name) => {
      waits.delete(name);
    },
    any: (tasks) => ctx.whenAny([...tasks]) as unknown as Task<unknown>,
    setStatus: (status) => ctx.setCustomStatus(JSON.stringify(status)),
  };
}
