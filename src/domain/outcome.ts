import { jsonBytes, textWithin } from './bytes';
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

/** `maxBytes`: of an error as JSON; its message is cut to fit. */
export async function settle<T>(work: () => Promise<T>, maxBytes = MAX_ERROR_BYTES): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    const { code, message, retryable } = toAppError(thrown);
    return fitted({ ok: false, error: { code, message, retryable } }, maxBytes);
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

/** Where no history keeps it: a person is to read all of it. */
export const MAX_REASON_BYTES = 1_024;

/** The same with an error of so many bytes at most. */
export function fitted<T>(outcome: Outcome<T>, maxBytes = MAX_ERROR_BYTES): Outcome<T> {
  if (outcome.ok) return outcome;
  const { error } = outcome;
  // No character takes less than a byte; and what failed may have quoted a whole answer.
  const message = textWithin(error.message, maxBytes, (text) => jsonBytes({ ...error, message: text }));
  return { ok: false, error: { ...error, message } };
}
