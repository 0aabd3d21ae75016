import { ERROR_CODES, type ErrorCode } from '../domain/errors';

/**
 * Every error a caller can see: one table from code to status, title, cause and cure. docs/errors.md and `/docs/errors`
 * show the same rows.
 *
 * I1 The table is exhaustive over ERROR_CODES by its type: a new code does not compile until it has a row.
 * I2 Codes are stable. A status or a wording may change, a code may not.
 */

/** Errors of the HTTP shell itself, beside those of the domain. */
export const HTTP_CODES = [
  'route-not-found',
  'method-not-allowed',
  'unauthorized',
  'unknown-host',
  'cross-site',
  'forbidden',
  'too-many-attempts',
  'rate-limited',
  'link-forbidden',
  'body-too-large',
  'unsupported-media-type',
  'headers-too-large',
  'request-timeout',
  'expectation-failed',
] as const;

export type ProblemCode = ErrorCode | (typeof HTTP_CODES)[number];

export const PROBLEM_CODES: readonly ProblemCode[] = [...ERROR_CODES, ...HTTP_CODES];

export interface ProblemRow {
  readonly status: number;
  readonly title: string;
  readonly cause: string;
  readonly cure: string;
}

export const PROBLEMS: Readonly<Record<ProblemCode, ProblemRow>> = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    cause: 'A parameter, a field or the body is missing, unknown, malformed or out of range.',
    cure: 'Correct what `detail` and `errors` name. `/openapi.json` lists the parameters of each route.',
  },
  'invalid-container-name': {
    status: 400,
    title: 'Not a container name',
    cause: 'The name breaks the naming rules of Azure Blob Storage.',
    cure: 'Use 3 to 63 lower-case letters, digits and single dashes, starting and ending with a letter or digit.',
  },
  'system-container': {
    status: 400,
    title: 'This container belongs to the system',
    cause: 'The container holds manifests, reports or other data of the system itself.',
    cure: 'Name a container of your own.',
  },
  'container-not-found': {
    status: 404,
    title: 'Container not found',
    cause: 'Neither the storage account nor the stored results know the container.',
    cure: 'Check the spelling and the configured storage account, or create the container.',
  },
  'container-forbidden': {
    status: 403,
    title: 'Container not readable',
    cause: 'The storage account does not let the application list or read this container.',
    cure: 'Grant its identity the role Storage Blob Data Reader on the container, or correct the connection string.',
  },
  'run-not-found': {
    status: 404,
    title: 'Run not found',
    cause: 'No run has this id.',
    cure: 'Take the id from the answer that started the run, or from `GET /api/v1/runs`.',
  },
  'image-not-found': {
    status: 404,
    title: 'Image not found',
    cause: 'No result has this blob name. No run has listed the blob, or the name is encoded wrongly.',
    cure: 'Percent-encode the blob name, slashes included (`a%2Fb.jpg`), and start a run over the container.',
  },
  'receipt-not-found': {
    status: 404,
    title: 'No receipt',
    cause: 'The run has not ended yet, or its receipt has expired.',
    cure: 'Ask again when the status of the run is final: `GET /api/v1/runs/{id}`.',
  },
  'operation-not-found': {
    status: 404,
    title: 'Operation not found',
    cause: 'No long-running request has this id.',
    cure: 'Follow the Operation-Location of the answer that began it.',
  },
  'operation-cancelled': {
    status: 409,
    title: 'Operation cancelled',
    cause: 'Somebody cancelled the long-running request while its caller waited for it.',
    cure: 'Send the request again: what was done before is kept, and it does what is left.',
  },
  'watch-not-found': {
    status: 404,
    title: 'Not watched',
    cause: 'The container has no watch, or its watch was removed.',
    cure: 'Watch it with `PUT /api/v1/containers/{container}/watch`.',
  },
  'run-active': {
    status: 409,
    title: 'A run is active',
    cause:
      'A run already analyses this container, or has the id that the start chose. `existingRun` and `links.existingRun` name it.',
    cure: 'Follow the existing run, or start again after it has ended.',
  },
  'command-refused': {
    status: 409,
    title: 'Not in this state',
    cause: 'The command does not fit the state of the run. `runStatus` names the state.',
    cure: 'Check the run. If it has ended, retry it with `:retry`, or start a new run over its container.',
  },
  'nothing-to-retry': {
    status: 409,
    title: 'Nothing to retry',
    cause: 'No failed image matches, or the matching ones would only be refused again. No run was started.',
    cure: 'Use `dryRun` to see why, widen the filter, name a reason to insist, or start a new run. Only a new run covers images that were replaced, never analysed, or left by a run that ended early.',
  },
  'plan-changed': {
    status: 409,
    title: 'The plan has changed',
    cause: 'The approval names a plan hash that this run does not have.',
    cure: 'Read `quote` of the run, and approve its `planHash` if the plan is what you want.',
  },
  'approval-needed': {
    status: 409,
    title: 'This would need an approval',
    cause:
      'A sample calls Vision at once. This one, with the other samples of the last 24 hours, costs so much that `APPROVAL` asks for consent. Nothing was called.',
    cure: 'Ask for a smaller sample or for a quote without one, or let an approver ask. Or start a run: it waits for its approval.',
  },
  'month-used-up': {
    status: 409,
    title: "This month's transactions are used up",
    cause: 'A sample calls Vision, but a monthly cap (of the resource or of the container) is used up.',
    cure: 'Ask for the quote without a sample, raise the cap with `PUT /api/v1/quota`, or wait for the next month.',
  },
  'storage-unavailable': {
    status: 503,
    title: 'Blob Storage does not answer',
    cause: 'The storage account timed out, throttled or failed.',
    cure: 'Try again after the seconds in Retry-After. If it fails again, check the storage account.',
  },
  'storage-forbidden': {
    status: 502,
    title: 'Blob Storage refuses the application',
    cause:
      'The key is wrong, the identity gets no token, or network rules, a policy or the state of the account stand against it.',
    cure: 'The reason of the run has what Blob Storage says and the cure. A key: correct AZURE_STORAGE_CONNECTION_STRING. An identity: `contactsheet azure check` names what is missing.',
  },
  'results-unavailable': {
    status: 503,
    title: 'Cosmos DB does not answer',
    cause: 'The result store timed out, throttled or failed.',
    cure: 'Try again after the seconds in Retry-After. If it fails again, check the Cosmos DB account.',
  },
  'results-forbidden': {
    status: 502,
    title: 'Cosmos DB refuses the application',
    cause:
      'The key is wrong, the identity lacks its role or gets no token, or a firewall, a policy or a limit of the account stands against it.',
    cure: 'The log, or the reason of the run, has what Cosmos DB says and the cure. A key: correct COSMOS_ENDPOINT and COSMOS_KEY. An identity: `contactsheet azure check` names what is missing.',
  },
  'results-full': {
    status: 507,
    title: 'Cosmos DB has no room',
    cause: 'A partition has reached its 20 GB, or a quota of the account is used up.',
    cure: 'Keep the photos in more than one blob container: each has a partition of its own. Raise a quota.',
  },
  'manifests-unavailable': {
    status: 503,
    title: 'The manifest store does not answer',
    cause: 'The Dapr component `manifests` timed out or failed.',
    cure: 'Try again after the seconds in Retry-After. If it fails again, check the component and its storage account.',
  },
  'sidecar-unavailable': {
    status: 503,
    title: 'The Dapr sidecar does not answer',
    cause: 'The sidecar is starting, restarting or unreachable.',
    cure: 'Try again after the seconds in Retry-After. If it fails again, check daprd.',
  },
  'workflow-unavailable': {
    status: 503,
    title: 'The workflow engine does not answer',
    cause: 'The engine is starting, its worker is reconnecting, or placement or the scheduler is down.',
    cure: 'Try again after the seconds in Retry-After. If it fails again, check daprd, placement and the scheduler.',
  },
  'actor-failed': {
    status: 500,
    title: 'An actor failed',
    cause: 'The actor of the container or of the run answered with an error.',
    cure: 'Try again. If it fails again, look up the request id in the log.',
  },
  'vision-unauthorized': {
    status: 502,
    title: 'Vision does not know the application',
    cause: 'Computer Vision answered 401, to a key or to a token, or there was no token to show.',
    cure: 'Correct VISION_KEY and VISION_ENDPOINT: a key belongs to one resource and its region. An identity needs the role Cognitive Services User and a custom subdomain; `contactsheet azure check` names what is missing.',
  },
  'vision-forbidden': {
    status: 502,
    title: 'Vision refuses the application',
    cause: 'Computer Vision answered 403: a firewall, a missing role, or a disabled resource.',
    cure: 'Allow the network and grant the identity Cognitive Services User on the resource.',
  },
  'vision-not-found': {
    status: 502,
    title: 'No Vision at the address',
    cause: 'What answers at VISION_ENDPOINT does not know the operation: 404, or an API version that it does not have.',
    cure: 'Correct VISION_ENDPOINT and VISION_API_VERSION; the region is part of the address.',
  },
  'vision-unsupported-feature': {
    status: 502,
    title: 'Vision does not offer the feature',
    cause: 'The resource does not offer a feature or the language that was asked for, or not in its region.',
    cure: 'Correct VISION_FEATURES or VISION_LANGUAGE, use a resource in a region that has the feature, or ask for its approval.',
  },
  'vision-resource-refused': {
    status: 502,
    title: 'The Vision resource does not allow it',
    cause: 'The pricing tier, a missing approval or a disabled resource stands against the call.',
    cure: 'Change the tier, ask for access, or enable the resource; the message of Vision says which.',
  },
  'identity-unavailable': {
    status: 503,
    title: 'Callers cannot be identified',
    cause: 'The key file cannot be read, or the OpenID provider does not answer. Nobody is let in without proof.',
    cure: 'Try again after the seconds in Retry-After. If it fails again, check KEYS_FILE and OIDC_ISSUER.',
  },
  'not-ready': {
    status: 503,
    title: 'Not ready',
    cause: 'The application is starting or draining.',
    cure: 'Try again after the seconds in Retry-After. `/readyz?verbose` says what is missing.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    cause: 'A defect, or an unexpected failure.',
    cure: 'Try again. If it fails again, report it with the request id.',
  },
  'route-not-found': {
    status: 404,
    title: 'No such route',
    cause: 'The path is not part of the API.',
    cure: '`/openapi.json` lists every route.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Verb not allowed',
    cause: 'The route exists, but not with this verb.',
    cure: 'Use a verb that the Allow header lists.',
  },
  unauthorized: {
    status: 401,
    title: 'Not authorised',
    cause:
      'The request does not prove who sends it. Its key or token is missing, wrong or expired, or its link has no valid `code`. Or the app channel was called without the token of the sidecar.',
    cure: 'Send `Authorization: Bearer` with a key or a token. The command line takes it from `--key` or CONTACTSHEET_KEY. Copy the complete link from the answer that started the run. daprd and the application must share APP_API_TOKEN.',
  },
  'unknown-host': {
    status: 421,
    title: 'Unknown host name',
    cause: 'The Host header has a name that is not configured, or one that another site has pointed to this address.',
    cure: 'Use a name of PUBLIC_URL or ALLOWED_HOSTS. On the same machine use localhost or 127.0.0.1.',
  },
  'cross-site': {
    status: 403,
    title: 'Sent by another site',
    cause: 'A page of another origin made the browser send a request that starts or changes something.',
    cure: 'Send the request from a program, or from a page at this address.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    cause: 'The caller is known, but its roles or containers do not cover this.',
    cure: 'Ask your administrator for the role that `detail` names. `x-access` in `/openapi.json` lists the role of each route.',
  },
  'too-many-attempts': {
    status: 429,
    title: 'Too many wrong keys',
    cause:
      'This address has sent ten wrong keys or tokens within a minute. Its keys and tokens are not checked for now.',
    cure: 'Wait for the seconds in Retry-After, then send a valid key.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    cause: 'This caller sends more requests than CALLER_RATE allows one caller.',
    cure: 'Wait for the seconds in Retry-After, then send less often. CALLER_RATE raises the limit.',
  },
  'link-forbidden': {
    status: 403,
    title: 'This link is for something else',
    cause: 'The `code` is valid, but for another run or another verb.',
    cure: 'Use the unchanged link of this run and verb, or the key of the operator (LINK_KEY).',
  },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    cause: 'The body has more than 64 KB.',
    cure: 'Send a smaller body.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Not JSON',
    cause: 'The body is not declared as uncompressed JSON in UTF-8.',
    cure: 'Send `Content-Type: application/json` and no Content-Encoding.',
  },
  'headers-too-large': {
    status: 431,
    title: 'Address or headers too large',
    cause: 'The address and the headers of the request are larger than 16 KB together.',
    cure: 'Send fewer or shorter parameters and headers; follow `nextLink` as it is.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request came too slowly',
    cause: 'The headers took longer than 15 s, or the whole request longer than 30 s.',
    cure: 'Send the request again, without pauses.',
  },
  'expectation-failed': {
    status: 417,
    title: 'Something unknown is expected',
    cause: 'The header `Expect` asks for something else than `100-continue`.',
    cure: 'Send the request without `Expect`.',
  },
};
