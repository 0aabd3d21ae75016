/**
 * The words of the Cosmos DB REST protocol that several modules share: limits, header names, errors.
 *
 * Source: "Azure Cosmos DB REST API reference" (common request and response headers, HTTP status codes) and "Azure Cosmos DB
 * service quotas" (per-item and per-request limits).
 */

/** 2 MB of UTF-8 JSON: the largest item and the largest batch payload of the service. */
export const MAX_REQUEST_BYTES = 2 * 1024 * 1024;

/** A longer body is not even read to its end: the connection closes with the answer. */
export const MAX_DRAINED_BYTES = 8 * MAX_REQUEST_BYTES;

/** "Azure Cosmos DB service quotas": maximum length of a SQL query. */
export const MAX_QUERY_BYTES = 512 * 1024;

/** Operations in one batch, atomic or not. */
export const MAX_BATCH_OPERATIONS = 100;

/** Items of a page when the client does not say (`x-ms-max-item-count` absent or -1). */
export const DEFAULT_PAGE_ITEMS = 100;
export const LARGEST_PAGE_ITEMS = 1000;

/** A page of an answer is closed at 4 MB, as the service does. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

export const HEADERS = {
  aIm: 'a-im',
  activityId: 'x-ms-activity-id',
  batchAtomic: 'x-ms-cosmos-batch-atomic',
  batchContinueOnError: 'x-ms-cosmos-batch-continue-on-error',
  continuation: 'x-ms-continuation',
  crossPartition: 'x-ms-documentdb-query-enablecrosspartition',
  endEpk: 'x-ms-end-epk',
  indexingDirective: 'x-ms-indexing-directive',
  isBatch: 'x-ms-cosmos-is-batch-request',
  isQuery: 'x-ms-documentdb-isquery',
  isQueryGo: 'x-ms-documentdb-query',
  isQueryPlan: 'x-ms-cosmos-is-query-plan-request',
  isUpsert: 'x-ms-documentdb-is-upsert',
  itemCount: 'x-ms-item-count',
  maxItemCount: 'x-ms-max-item-count',
  offerAutopilot: 'x-ms-cosmos-offer-autopilot-settings',
  offerThroughput: 'x-ms-offer-throughput',
  partitionKey: 'x-ms-documentdb-partitionkey',
  partitionKeyRange: 'x-ms-documentdb-partitionkeyrangeid',
  postTrigger: 'x-ms-documentdb-post-trigger-include',
  preTrigger: 'x-ms-documentdb-pre-trigger-include',
  requestCharge: 'x-ms-request-charge',
  retryAfterMs: 'x-ms-retry-after-ms',
  sessionToken: 'x-ms-session-token',
  startEpk: 'x-ms-start-epk',
  substatus: 'x-ms-substatus',
} as const;

export type StatusCode =
  | 200
  | 201
  | 204
  | 207
  | 304
  | 400
  | 401
  | 403
  | 404
  | 405
  | 409
  | 410
  | 412
  | 413
  | 421
  | 424
  | 429
  | 500
  | 503;

const CODES: Readonly<Partial<Record<StatusCode, string>>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  421: 'MisdirectedRequest',
  424: 'FailedDependency',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
};

/** A refusal with the status the service would give. The message goes to the client. */
export class CosmosError extends Error {
  readonly code: string;

  constructor(
    readonly status: StatusCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'CosmosError';
    this.code = CODES[status] ?? 'Error';
  }
}

export const notFound = (what: string): CosmosError =>
  new CosmosError(404, `Resource Not Found: ${what}. Learn more: https://aka.ms/cosmosdb-tsg-not-found`);

/** Of what lies in something that is not there: the service says so by a substatus. */
export const ownerNotFound = (what: string): CosmosError =>
  new CosmosError(404, `Owner resource does not exist: ${what}.`, { [HEADERS.substatus]: '1003' });

export const conflict = (): CosmosError => new CosmosError(409, 'Resource with specified id or name already exists.');

export const preconditionFailed = (): CosmosError =>
  new CosmosError(412, 'One of the specified pre-condition is not met. The etag of the stored item differs.');

/** Something real Cosmos may do and this server does not: it says so by name and never guesses. */
export const unsupported = (what: string): CosmosError =>
  new CosmosError(400, `The Cosmos development server does not support ${what}.`);
