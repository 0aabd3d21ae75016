import type { GetTokenOptions, TokenCredential } from '@azure/identity';
import type { IdentityAccount } from './account';

/**
 * Tokens for an account that is named without a key. Tenant, secret, token file and authority come from the variables that all
 * Azure clients read (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST).
 *
 * I1 The SDK is loaded when the first token is wanted: who signs with a key never loads it.
 * I2 A client that was refused with a token asks for another tenant's (the challenge of the service): it gets a new one, not
 *    the one that the SDK still keeps.
 */
export function createCredential(account: IdentityAccount): TokenCredential {
  let opened: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, { tenantId, ...options }: GetTokenOptions = {}) {
      if (tenantId !== undefined) opened = undefined; // I2
      opened ??= open(account);
      try {
        return await (await opened).getToken(scopes, options);
      } catch (error) {
        opened = undefined;
        throw error;
      }
    },
  };
}

/** Of public and sovereign clouds. Any other authority is believed as it is named, without asking public Azure about it. */
const KNOWN_AUTHORITIES = /(^|\.)(microsoftonline\.(com|us|cn)|chinacloudapi\.cn|windows\.net)$/;

async function open({ method, clientId, authorityHost }: IdentityAccount): Promise<TokenCredential> {
  const sdk = await import('@azure/identity');
  const isPrivate = authorityHost !== undefined && !KNOWN_AUTHORITIES.test(new URL(authorityHost).hostname);
  const authority = { ...(authorityHost !== undefined && { authorityHost }), disableInstanceDiscovery: isPrivate };
  const client = clientId === undefined ? {} : { clientId };
  switch (method) {
    case 'workload':
      return new sdk.WorkloadIdentityCredential({ ...authority, ...client });
    case 'managed':
      return clientId === undefined
        ? new sdk.ManagedIdentityCredential()
        : new sdk.ManagedIdentityCredential({ clientId });
    case 'secret':
      return new sdk.EnvironmentCredential(authority);
    case 'cli':
      return new sdk.AzureCliCredential();
    case 'default':
      return new sdk.DefaultAzureCredential({
        ...authority,
        ...(clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
      });
  }
}
