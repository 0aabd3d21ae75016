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
    return { ok: false, error: fitting({ code, message, retryable }) };
  }
}

/** The value, or the error thrown again on this side. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const { code, message, retryable } = outcome.error;
  throw new AppError(code, message, { retryable });
}

/** An activity's answer lives on in a history: with the name of its step it is to stay below 200 bytes. */
const MAX_ERROR_BYTES = 156;

function fitting(error: ErrorValue): ErrorValue {
  // No character takes less than a byte; and what failed may have quoted a whole answer.
  const message = [...error.message.slice(0, MAX_ERROR_BYTES)];
  while (bytesOf({ ...error, message: message.join('') }) > MAX_ERROR_BYTES) message.pop();
  return { ...error, message: message.join('') };
}

/** As it is sent: characters beyond ASCII and what JSON escapes take more than one byte. */
function bytesOf(value: object): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
