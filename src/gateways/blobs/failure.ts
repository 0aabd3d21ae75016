import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { IdentityFailure } from '../azure-identity/failure';
import { inWords, isRefusal, type Signs } from './refusals';

/** What a storage failure means. Source: "Blob Storage error codes" and "Status and error codes". */

interface StorageFailure {
  /** Absent when no answer came. */
  readonly statusCode?: number;
  /** `x-ms-error-code`, which an answer to HEAD carries too. */
  readonly code?: string;
}

export function storageFailure(thrown: unknown): StorageFailure {
  const { statusCode, code, details } = (thrown ?? {}) as Record<string, unknown>;
  // An answer to HEAD has no body: the SDK leaves its code in the details alone.
  const named = code ?? (details as { errorCode?: unknown } | undefined)?.errorCode;
  return {
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(typeof named === 'string' && { code: named }),
  };
}

const CONTAINER_GONE = new Set(['ContainerNotFound', 'ContainerBeingDeleted', 'ContainerDisabled']);

export function isContainerGone({ code }: StorageFailure): boolean {
  return code !== undefined && CONTAINER_GONE.has(code);
}

/** Failure of a listing or of a look at one blob. */
export function storageError(thrown: unknown, container: string, signs: Signs = 'key'): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof IdentityFailure) {
    const { message, retryable } = thrown;
    const code = retryable ? 'storage-unavailable' : 'storage-forbidden';
    const options = { cause: thrown, retryable, context: { container } };
    return new AppError(code, `Storage could not be asked for '${container}': ${message}`, options);
  }
  const failure = storageFailure(thrown);
  const { statusCode, code } = failure;
  const options = {
    cause: thrown,
    context: { container, ...defined({ httpStatus: statusCode }) },
  };
  if (isContainerGone(failure)) {
    return new AppError(
      'container-not-found',
      `There is no container '${container}' in this storage account.`,
      options,
    );
  }
  if (isRefusal(code, statusCode)) {
    const message = `Storage refused to read '${container}' ${inWords(code, statusCode, signs)}`;
    return new AppError('container-forbidden', message, options);
  }
  if (code === 'InvalidResourceName') {
    return new AppError('invalid-container-name', `Storage does not take the name '${container}' (${code}).`, options);
  }
  if (statusCode === 400) {
    return new AppError('internal', `Storage cannot take the request for '${container}' (${code ?? 400}).`, options);
  }
  const message = `Storage did not answer for '${container}' (${code ?? statusCode ?? messageOf(thrown)}).`;
  return new AppError('storage-unavailable', message, { ...options, retryable: true });
}

/** Failure of a look at the account itself. */
export function accountError(thrown: unknown): AppError {
  const { statusCode, code } = storageFailure(thrown);
  const retryable =
    thrown instanceof IdentityFailure
      ? thrown.retryable
      : statusCode === undefined || statusCode >= 500 || statusCode === 408 || statusCode === 429;
  const message = `Storage did not say what kind of account it is (${code ?? statusCode ?? messageOf(thrown)}).`;
  return new AppError('storage-unavailable', message, { cause: thrown, retryable });
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.message.split('\n', 1)[0] ?? '').slice(0, 200) : String(thrown);
}
