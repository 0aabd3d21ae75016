import type { Operation } from '../../domain/operation';

/** Long-running operations: what a caller waits for a little while, and asks about later. */
export interface OperationUseCases {
  /** Lost: its process ended without an answer. @throws AppError operation-not-found, sidecar-unavailable */
  getOperation(id: string): Promise<Operation>;
  /**
   * Asks it to end; nothing if it has ended. What it changes starts no later than a second after.
   * @throws AppError as getOperation, results-unavailable
   */
  cancelOperation(id: string): Promise<Operation>;
}

/** The result, or where it will be found. */
export type WaitedFor<Result> =
  | { readonly done: true; readonly result: Result }
  | { readonly done: false; readonly operation: Operation };
