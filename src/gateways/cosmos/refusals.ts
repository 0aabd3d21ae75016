import type { ErrorCode } from '../../domain/errors';

/**
 * What Cosmos DB says when it does not do what is asked, each with what a person can do about it.
 *
 * I1 The first row that fits counts: rows with a substatus or words of the service stand before those with a status alone.
 *
 * Sources, all of learn.microsoft.com: "HTTP status codes for Azure Cosmos DB", "Diagnose and troubleshoot forbidden
 * exceptions", "... unauthorized exceptions", "... not found exceptions", "... request rate too large (429) exceptions",
 * "... bad request exceptions", "Limit the total throughput provisioned on your account", "Azure Cosmos DB service quotas".
 * The wording of 400/1028, 400/1020, 401/5202 and of serverless accounts is as users of the service have reported it.
 */
export interface Refusal {
  /** In words that follow the name of the service: `refused ... (403/1014): `. */
  readonly why: string;
  readonly cure: string;
  readonly code: ErrorCode;
  /** May the same request succeed later without anybody changing anything? */
  readonly retryable: boolean;
}

interface Row extends Refusal {
  readonly status: number;
  readonly substatus?: number;
  readonly words?: RegExp;
}

const FORBIDDEN = { code: 'results-forbidden', retryable: false } as const;
const LATER = { code: 'results-unavailable', retryable: true } as const;

const NO_KEYS = {
  why: 'the account takes no keys (a policy has disabled local authorization)',
  cure: 'Allow keys for the account (disableLocalAuth=false), or name an account that takes them.',
} as const;

const ACCOUNT_LIMIT = {
  why: 'the account may not have so much throughput in all',
  cure: 'Share one throughput: COSMOS_THROUGHPUT=shared:1000 (or what the account has left), and delete the database AnalysisResult if it was just made without one.',
} as const;

const ROWS: readonly Row[] = [
  {
    ...{ status: 401, words: /local authorization is disabled/i, ...FORBIDDEN },
    ...NO_KEYS,
  },
  {
    ...{ status: 401, substatus: 5202, ...FORBIDDEN },
    ...NO_KEYS,
  },
  {
    ...{ status: 401, words: /not valid at the current time|token (has |is )?expired/i, ...FORBIDDEN },
    why: 'the signature is not of this time',
    cure: 'Set the clock of this machine: it may differ by 15 minutes at most.',
  },
  {
    ...{ status: 401, words: /\bAAD\b|Entra|Active Directory|\bJWT\b|audience|issuer|bearer/i, ...FORBIDDEN },
    why: 'the token of the identity is not accepted',
    cure: 'Check that AZURE_TENANT_ID is the tenant of the account, and the clock of this machine.',
  },
  {
    ...{ status: 401, ...FORBIDDEN },
    why: 'the key does not fit',
    cure: 'Copy COSMOS_KEY again: a read-write key of the account that COSMOS_ENDPOINT names.',
  },
  {
    ...{ status: 403, substatus: 1014, code: 'results-full', retryable: false },
    why: 'a partition has reached its 20 GB',
    cure: 'Keep the photos in more than one blob container: each has a partition of its own.',
  },
  {
    ...{ status: 403, words: /partition key reached maximum size/i, code: 'results-full', retryable: false },
    why: 'a partition has reached its 20 GB',
    cure: 'Keep the photos in more than one blob container: each has a partition of its own.',
  },
  {
    ...{ status: 403, words: /request originated from|blocked by.*firewall|public internet|private endpoint/i },
    ...FORBIDDEN,
    why: 'the firewall of the account keeps this machine out',
    cure: 'Allow its address or network under "Networking" of the account. That takes up to 15 minutes.',
  },
  {
    ...{ status: 403, words: /not valid at the current time|token (has |is )?expired/i, ...FORBIDDEN },
    why: 'the signature is not of this time',
    cure: 'Set the clock of this machine: it may differ by 15 minutes at most.',
  },
  {
    ...{ status: 403, substatus: 3, ...LATER },
    why: 'its region takes no writes, as during a failover',
    cure: 'It goes on by itself. If it does not, look at the regions of the account.',
  },
  {
    ...{ status: 403, words: /quota/i, code: 'results-full', retryable: false },
    why: 'a quota of the account is used up',
    cure: 'Raise it, or remove what is not needed.',
  },
  {
    ...{ status: 403, words: /required RBAC permissions/i, ...FORBIDDEN },
    why: 'the identity has no role for it',
    cure: 'Grant it Cosmos DB Built-in Data Contributor on the account: az cosmosdb sql role assignment create --account-name ACCOUNT --resource-group GROUP --role-definition-id 00000000-0000-0000-0000-000000000002 --principal-id OBJECT_ID --scope "/". That takes some minutes.',
  },
  {
    ...{ status: 403, words: /cannot be authorized by AAD token/i, ...FORBIDDEN },
    why: 'an identity makes no database and no container',
    cure: 'Make them with the commands that the start names.',
  },
  {
    ...{ status: 403, ...FORBIDDEN },
    why: 'the account or a policy forbids it',
    cure: 'Look at the firewall, the policies and the state of the account.',
  },
  {
    ...{ status: 400, substatus: 1028, ...FORBIDDEN },
    ...ACCOUNT_LIMIT,
  },
  {
    ...{ status: 400, words: /total throughput limit/i, ...FORBIDDEN },
    ...ACCOUNT_LIMIT,
  },
  {
    ...{ status: 400, words: /serverless/i, ...FORBIDDEN },
    why: 'the account is serverless and has no throughput to set',
    cure: 'Take COSMOS_THROUGHPUT away.',
  },
  {
    ...{ status: 400, substatus: 1020, ...FORBIDDEN },
    why: 'the account has as many databases with a shared throughput as it may',
    cure: 'Delete one, name another account, or give each container its own: COSMOS_THROUGHPUT=each:400.',
  },
  {
    ...{ status: 400, words: /valid throughput values/i, ...FORBIDDEN },
    why: 'the account does not take that throughput',
    cure: 'Set COSMOS_THROUGHPUT to a value in the range that it names.',
  },
  {
    ...{ status: 404, substatus: 1003, ...LATER },
    why: 'the database or one of its containers is gone',
    cure: 'Start the application again: it makes them. What was in them is lost.',
  },
  {
    ...{ status: 413, code: 'internal', retryable: false },
    why: 'it is larger than 2 MB',
    cure: 'Report it: nothing that is stored should be.',
  },
  { ...{ status: 400, code: 'internal', retryable: false }, why: 'it does not understand it', cure: 'Report it.' },
  {
    ...{ status: 423, ...LATER },
    why: 'its throughput is being changed',
    cure: 'It goes on by itself when that has ended.',
  },
  {
    ...{ status: 429, words: /metadata/i, ...LATER },
    why: 'too many databases or containers are looked at or made at once (metadata requests)',
    cure: 'It goes on by itself. Start replicas one after another, and few programs against one account.',
  },
  {
    ...{ status: 429, words: /transient service error/i, ...LATER },
    why: 'it has a passing error of its own',
    cure: 'It goes on by itself.',
  },
  {
    ...{ status: 429, ...LATER },
    why: 'the throughput is used up',
    cure: 'It goes on by itself, slowly. Raise the throughput of the database or of the container.',
  },
  {
    ...{ status: 449, ...LATER },
    why: 'two writes of one document met',
    cure: 'It goes on by itself.',
  },
];

/** What Cosmos DB means by an answer; undefined for one that says nothing more than its status. */
export function refusalOf(status: number, substatus: number | undefined, words: string): Refusal | undefined {
  return ROWS.find(
    (row) =>
      row.status === status &&
      (row.substatus === undefined || row.substatus === substatus) &&
      (row.words === undefined || row.words.test(words)),
  );
}
