/** The service's error codes as both storage clients give them (`RestError`). */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const { code, details } = (error ?? {}) as { code?: unknown; details?: { errorCode?: unknown } };
  return [code, details?.errorCode].some((each) => typeof each === 'string' && codes.includes(each));
}

export function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** One line, without the request that it quotes, and the cure where an identity lacks a role. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const reason = (text.split('\n').find((line) => line.trim() !== '') ?? '').trim().slice(0, 500);
  return hasCode(error, 'AuthorizationPermissionMismatch') ? `${reason} ${MISSING_ROLE}` : reason;
}

const MISSING_ROLE =
  'Grant the identity Storage Queue Data Contributor and Storage Blob Data Contributor on the account. A new role takes up to 10 minutes.';
