import type { Task, WorkflowContext } from '@dapr/dapr';
import type { ErrorValue, Outcome } from '../../domain/outcome';
import type { RetryPolicy } from '../../domain/retry';

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

export interface Generation {
  readonly instanceId: string;
  /** May `tasks` more be started in this generation? */
  hasRoomFor(tasks: number): boolean;
  /**
   * Counts the attempts of a step that fails, over generations, and answers which this was.
   * @throws StepFailed when the error is permanent or the attempts are used up
   */
  attempted(step: string, outcome: Outcome<unknown>, policy: RetryPolicy): number;
  activity(name: string, input: object): Task<unknown>;
  child(name: string, input: object, instanceId: string): Task<unknown>;
  timer(delayMs: number): Task<unknown>;
  /** The one open wait for this event: the SDK gives an event to the oldest wait, also to one that was given up. */
  event(name: string): Task<unknown>;
  /** The event of the open wait was taken. */
  heard(name: string): void;
  any(tasks: readonly Task<unknown>[]): Task<unknown>;
  /** Shown by every generic Dapr tool; a short JSON. */
  setStatus(status: object): void;
}

/** Failures in a row by step: only of steps that are being retried. */
export type Attempts = Record<string, number>;

export function createGeneration(ctx: WorkflowContext, attempts: Attempts): Generation {
  let used = 0;
  const waits = new Map<string, Task<unknown>>();
  const spend = (task: Task<unknown>) => {
    used += 1;
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
    activity: (name, input) => spend(ctx.callActivity(name, input)),
    child: (name, input, instanceId) => spend(ctx.callChildWorkflow(name, input, instanceId)),
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
