import { PROBLEMS } from '../../contract/problems';
import { textWithin } from '../../domain/bytes';
import { ERROR_CODES, type ErrorCode } from '../../domain/errors';
import { MAX_REASON_BYTES } from '../../domain/outcome';

/** What a run says of its failure: the code, what happened, and what a person does about it. At most MAX_REASON_BYTES. */
export function failureReason({ code, message }: { readonly code: ErrorCode; readonly message: string }): string {
  return withCure(`${code}: ${message}`);
}

/** The same of what begins with its code. What tells its cure already, or has no code, stays as it is. */
export function withCure(failure: string): string {
  const cure = cureOfFailure(failure);
  if (cure === undefined || failure.includes(cure)) return textWithin(failure, MAX_REASON_BYTES);
  const told = textWithin(failure, MAX_REASON_BYTES - Buffer.byteLength(` ${cure}`) - 1);
  return `${told}${/[.!?]$/.test(told) ? '' : '.'} ${cure}`;
}

/** What a person does about a failure that begins with its code; undefined where nobody knows. */
export function cureOfFailure(failure: string): string | undefined {
  const code = ERROR_CODES.find((each) => failure.startsWith(`${each}: `));
  return code === undefined ? undefined : cureOf(code);
}

/** A run has no request that could be sent again, and no id of one. */
function cureOf(code: ErrorCode): string {
  if (code === 'internal' || code === 'actor-failed') {
    return 'Start a new run. If it fails again, report it with the id of the run.';
  }
  return PROBLEMS[code].cure.replace('Try again after the seconds in Retry-After.', 'Start a new run.');
}
