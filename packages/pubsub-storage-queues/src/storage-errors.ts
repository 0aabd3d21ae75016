/** The service's error codes as both storage clients give them (`RestError`). */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const { code, details } = (error ?? {}) as { code?: unknown; details?: { errorCode?: unknown } };
  return [code, details?.errorCode].some((each) => typeof each === 'string' && codes.includes(each));
}

export function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** One line, without the request that it quotes. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 500);
}
