import { AppError } from '../../domain/errors';

/** HTTP status of what the SDK threw; undefined when no answer came (network, timeout). */
export function cosmosStatus(thrown: unknown): number | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** 409: the id exists. 412: another version stands. */
export function isConflict(thrown: unknown): boolean {
  const status = cosmosStatus(thrown);
  return status === 409 || status === 412;
}

export function isNotFound(thrown: unknown): boolean {
  return cosmosStatus(thrown) === 404;
}

/**
 * What the SDK threw, in our words. 401 and 403 will not pass by waiting; 400 and 413 are our own mistake; the rest (408,
 * 410, 429 after its patience, 449, 5xx, network, a database that is not there yet) may.
 * Source: "HTTP status codes for Azure Cosmos DB".
 */
export function cosmosError(thrown: unknown, doing: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = cosmosStatus(thrown);
  const options = { cause: thrown, context: status === undefined ? {} : { httpStatus: status } };
  const detail = thrown instanceof Error ? firstLine(thrown.message) : String(thrown);
  if (status === 401 || status === 403) {
    const message = `Cosmos DB refused ${doing} (${status}): check its key and its firewall.`;
    return new AppError('results-forbidden', message, options);
  }
  if (status === 400 || status === 413) {
    return new AppError('internal', `Cosmos DB cannot take ${doing} (${status}): ${detail}`, options);
  }
  const reason = status === undefined ? detail : `${status}: ${detail}`;
  const message = `Cosmos DB did not answer ${doing} (${reason}).`;
  return new AppError('results-unavailable', message, { ...options, retryable: true });
}

/** The service writes its activity ids and addresses on further lines. */
function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 200);
}
