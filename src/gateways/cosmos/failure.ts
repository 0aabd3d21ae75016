import type { Item, ItemDefinition } from '@azure/cosmos';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { IdentityFailure } from '../azure-identity/failure';
import { refusalOf } from './refusals';

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

/** The item is not there. Where its database or container is not there either, nothing is known of the item. */
export function isNotFound(thrown: unknown): boolean {
  return cosmosStatus(thrown) === 404 && cosmosSubstatus(thrown) !== OWNER_MISSING;
}

/** x-ms-substatus of a 404 whose container does not exist. */
const OWNER_MISSING = 1003;

/** What is stored; undefined where there is no such item. @throws AppError as `cosmosError` makes it */
export async function readItem<T extends ItemDefinition>(item: Item, doing: string): Promise<T | undefined> {
  try {
    // A missing item is a 404 in the response, not an error.
    const { resource, statusCode, substatus } = await item.read<T>();
    if (substatus === OWNER_MISSING) throw Object.assign(new Error('it is not there'), { code: statusCode, substatus });
    return resource;
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw cosmosError(thrown, doing);
  }
}

/**
 * What the SDK threw, in our words (refusals.ts). What has no row there may pass: 408, 410, 5xx, network, a database that is
 * not there yet.
 */
export function cosmosError(thrown: unknown, doing: string): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof IdentityFailure) {
    const { message, retryable } = thrown;
    const code = retryable ? 'results-unavailable' : 'results-forbidden';
    return new AppError(code, `Cosmos DB could not be asked for ${doing}: ${message}`, { retryable, cause: thrown });
  }
  const status = cosmosStatus(thrown);
  const options = { cause: thrown, context: defined({ httpStatus: status }) };
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  const substatus = cosmosSubstatus(thrown);
  const refusal = status === undefined ? undefined : refusalOf(status, substatus, words);
  if (!refusal) {
    const reason = status === undefined ? firstLine(words) : `${status}: ${firstLine(words)}`;
    const message = `Cosmos DB did not answer ${doing} (${reason}).`;
    return new AppError('results-unavailable', message, { ...options, retryable: true });
  }
  const { code, retryable, why, cure } = refusal;
  const number = substatus ? `${status}/${substatus}` : `${status}`;
  const said = code === 'internal' ? ` It says: ${firstLine(words)}` : '';
  return new AppError(code, `Cosmos DB refused ${doing} (${number}): ${why}. ${cure}${said}`, {
    ...options,
    retryable,
  });
}

function cosmosSubstatus(thrown: unknown): number | undefined {
  const substatus = (thrown as { substatus?: unknown } | null | undefined)?.substatus;
  return typeof substatus === 'number' ? substatus : undefined;
}

/** The service writes its activity ids and addresses on further lines. */
function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 200);
}
