/**
 * The error tree of the product. `code` is stable and documented in docs/errors.md; the class name is wire format
 * (only constructor name, message and stack cross from an activity to its workflow).
 */

export interface AppErrorOptions {
  /** May the same attempt succeed later without anybody changing anything? */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Ids it concerns. Never secrets. */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
}

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }
}

/** Codes of errors that are thrown. What one image suffers is a value instead: see image.ts. */
export const ERROR_CODES = [
  'invalid-request',
  'invalid-container-name',
  'system-container',
  'container-not-found',
  'container-forbidden',
  'run-not-found',
  'image-not-found',
  'receipt-not-found',
  'operation-not-found',
  'operation-cancelled',
  'watch-not-found',
  'run-active',
  'command-refused',
  'nothing-to-retry',
  'plan-changed',
  'approval-needed',
  'month-used-up',
  'storage-unavailable',
  'storage-forbidden',
  'results-unavailable',
  'results-forbidden',
  'results-full',
  'manifests-unavailable',
  'sidecar-unavailable',
  'workflow-unavailable',
  'actor-failed',
  'vision-unauthorized',
  'vision-forbidden',
  'vision-not-found',
  'vision-unsupported-feature',
  'vision-resource-refused',
  'identity-unavailable',
  'not-ready',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** An unknown thrown value as an AppError: ours unchanged, everything else `internal`, not retryable. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', message, { cause: thrown });
}
