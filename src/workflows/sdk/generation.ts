import type { Task, WorkflowContext } from '@dapr/dapr';
import type { ErrorValue } from '../../domain/outcome';

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
  activity(name: string, input: object): Task<unknown>;
  child(name: string, input: object, instanceId: string): Task<unknown>;
  timer(delayMs: number): Task<unknown>;
  event(name: string): Task<unknown>;
  any(tasks: readonly Task<unknown>[]): Task<unknown>;
  /** Shown by every generic Dapr tool; a short JSON. */
  setStatus(status: object): void;
}

export function createGeneration(ctx: WorkflowContext): Generation {
  let used = 0;
  const spend = (task: Task<unknown>) => {
    used += 1;
    return task;
  };
  return {
    instanceId: ctx.getWorkflowInstanceId(),
    hasRoomFor: (tasks) => used + tasks <= TASKS_PER_GENERATION,
    // Inputs are always objects: 0, false, '' and null arrive as undefined (SDK 3.18.0).
    activity: (name, input) => spend(ctx.callActivity(name, input)),
    child: (name, input, instanceId) => spend(ctx.callChildWorkflow(name, input, instanceId)),
    timer: (delayMs) => spend(ctx.createTimer(delayMs / 1000)),
    event: (name) => spend(ctx.waitForExternalEvent(name)),
    any: (tasks) => ctx.whenAny([...tasks]) as unknown as Task<unknown>,
    setStatus: (status) => ctx.setCustomStatus(JSON.stringify(status)),
  };
}
