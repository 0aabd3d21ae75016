/**
 * What Azure Storage says when it refuses, each with what a person can do about it.
 *
 * Sources, all of learn.microsoft.com: "Common REST API error codes", "Blob Storage error codes", "Troubleshoot client
 * application errors in Azure Storage", "Prevent Shared Key authorization".
 */
const KEY = 'Copy the connection string again: a key belongs to one account, and ends when it is regenerated.';
const SIGNATURE = 'Make a shared access signature for blobs, containers and objects that allows to read and list.';

const REFUSALS: Readonly<Record<string, string>> = {
  AuthenticationFailed: `the signature does not fit. ${KEY} If it is right, set the clock of this machine.`,
  InvalidAuthenticationInfo: `the signature is not understood. ${KEY}`,
  NoAuthenticationInformation: `nothing says who asks. ${KEY}`,
  AuthorizationFailure:
    'the network rules of the account keep this machine out, or a shared access signature does not reach so far. Allow its address or network under "Networking" of the account.',
  AuthorizationPermissionMismatch: `what signs the request may not do that. Grant Storage Blob Data Reader. ${SIGNATURE}`,
  AuthorizationServiceMismatch: `the shared access signature is not for this service. ${SIGNATURE}`,
  AuthorizationResourceTypeMismatch: `the shared access signature is not for this kind of resource. ${SIGNATURE}`,
  AuthorizationProtocolMismatch: `the shared access signature is for https alone. Use https.`,
  AuthorizationSourceIPMismatch: 'the shared access signature is for other addresses. Make one for this machine.',
  AccountIsDisabled: 'the account is disabled. Look at the state of its subscription.',
  InsufficientAccountPermissions: 'the account does not allow it now. Look at its state in the portal.',
  KeyBasedAuthenticationNotPermitted:
    'the account takes no keys (a policy has disabled them). Allow "storage account key access", or name an account that takes them.',
  PublicAccessNotPermitted: `it would be public access, and the account allows none. ${KEY}`,
};

/** How a request is signed: by what a connection string holds, or with a token of the application's identity. */
export type Signs = 'key' | 'identity';

const TOKEN =
  'Check that AZURE_TENANT_ID is the tenant of the account, that the endpoint is that of the account, and the clock of this machine.';
const ROLE =
  'Grant it Storage Blob Data Reader on the container or on the account: az role assignment create --assignee CLIENT_ID --role "Storage Blob Data Reader" --scope RESOURCE_ID_OF_THE_ACCOUNT/blobServices/default/containers/CONTAINER. A new role takes up to 10 minutes.';

/** Where an identity asks, other things are to be done. */
const REFUSALS_OF_IDENTITY: Readonly<Record<string, string>> = {
  AuthenticationFailed: `the token of the identity is not accepted. ${TOKEN}`,
  InvalidAuthenticationInfo: `the token of the identity is not accepted. ${TOKEN}`,
  NoAuthenticationInformation: `nothing says who asks. ${TOKEN}`,
  AuthorizationPermissionMismatch: `the identity has no role for it. ${ROLE}`,
  AuthorizationFailure:
    'the network rules of the account keep this machine out. Allow its address or network under "Networking" of the account.',
};

const OTHERWISE = 'Check the account key, the role of the app and the network rules of the account.';

/** `(AccountIsDisabled): the account is disabled. Look ...`, for the end of a sentence about what was refused. */
export function inWords(code: string | undefined, statusCode: number | undefined, signs: Signs = 'key'): string {
  const rows: Readonly<Record<string, string>> =
    signs === 'identity' ? { ...REFUSALS, ...REFUSALS_OF_IDENTITY } : REFUSALS;
  const known = code !== undefined && Object.hasOwn(rows, code) ? rows[code] : undefined;
  return known === undefined ? `(${code ?? statusCode}). ${OTHERWISE}` : `(${code}): ${known}`;
}

/** Is it a refusal by its code, whatever the status that it comes with? */
export function isRefusal(code: string | undefined, statusCode: number | undefined): boolean {
  return statusCode === 401 || statusCode === 403 || (code !== undefined && Object.hasOwn(REFUSALS, code));
}
