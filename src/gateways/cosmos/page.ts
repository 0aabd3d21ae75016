import type { Container, FeedOptions, FeedResponse, SqlQuerySpec } from '@azure/cosmos';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import type { Page, PageRequest } from '../../domain/page';
import { cosmosError, cosmosStatus } from './failure';

/**
 * Queries of one partition, page by page.
 *
 * I1 Every query names its partition and sorts by at most one key: the gateway answers it whole (see query-plans.ts).
 * I2 A page may be empty and not the last: the store decides by time and size, not by our count.
 */
export interface PartitionQuery {
  readonly partition: string;
  readonly query: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** For messages: `reading the runs`. */
  readonly doing: string;
}

const STREAM_PAGE_SIZE = 200;

export async function* streamQuery<T>(container: Container, query: PartitionQuery): AsyncGenerator<T, void, undefined> {
  let continuation: string | undefined;
  do {
    const page = await fetchPage<T>(container, query, STREAM_PAGE_SIZE, continuation);
    yield* page.resources;
    continuation = page.continuationToken || undefined;
  } while (continuation !== undefined);
}

/** The continuation that callers see is the store's own, in base64url: it holds quotes and braces. */
export async function queryPage<T>(
  container: Container,
  query: PartitionQuery,
  request: PageRequest,
): Promise<Page<T>> {
  const value: T[] = [];
  let continuation = request.continuation === undefined ? undefined : decode(request.continuation);
  do {
    const page = await fetchPage<T>(container, query, request.size - value.length, continuation);
    value.push(...page.resources);
    continuation = page.continuationToken || undefined;
  } while (continuation !== undefined && value.length < request.size); // I2
  return { value, ...(continuation !== undefined && { continuation: encode(continuation) }) };
}

async function fetchPage<T>(
  container: Container,
  { partition, query, parameters = {}, doing }: PartitionQuery,
  maxItemCount: number,
  continuationToken?: string,
): Promise<FeedResponse<T>> {
  const spec: SqlQuerySpec = {
    query,
    parameters: Object.entries(parameters).map(([name, value]) => ({ name: `@${name}`, value })),
  };
  const options: FeedOptions = {
    partitionKey: partition,
    maxItemCount,
    ...defined({ continuationToken }),
  };
  try {
    const page = await container.items.query<T>(spec, options).fetchNext();
    // A store that does not get on would keep a caller in a circle for ever.
    if (continuationToken && page.continuationToken === continuationToken) throw new Error('the same page came twice');
    return page;
  } catch (thrown) {
    if (continuationToken !== undefined && cosmosStatus(thrown) === 400) throw invalidContinuation();
    throw cosmosError(thrown, doing);
  }
}

function encode(token: string): string {
  return Buffer.from(token).toString('base64url');
}

function decode(continuation: string): string {
  const token = Buffer.from(continuation, 'base64url').toString();
  if (token === '' || encode(token) !== continuation) throw invalidContinuation();
  return token;
}

function invalidContinuation(): AppError {
  return new AppError('invalid-request', 'The continuation is not from this list: start from the first page.');
}
