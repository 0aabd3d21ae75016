import { AppError, type ErrorCode, toAppError } from './errors';

/**
 * The result of a step or an actor method as a value. Activities and actors answer with it instead of throwing: in a
 * fan-out of the JS SDK a throwing activity kills the workflow, and an error thrown by an actor reaches its caller as
 * HTTP 500 with an empty body.
 */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorValue };

export interface ErrorValue {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export async function settle<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    const { code, message, retryable } = toAppError(thrown);
    // At most 200 bytes of it live on in a history.
    return { ok: false, error: { code, message: message.slice(0, 120), retryable } };
  }
}

/** The value, or the error thrown again on this side. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const { code, message, retryable } = outcome.error;
  throw new AppError(code, message, { retryable });
}
