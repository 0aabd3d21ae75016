import type { TokenCredential } from '@azure/identity';
import { defined } from '../../domain/defined';

/** How the application signs in to Microsoft Entra ID. */
export interface IdentitySettings {
  /** `default`: whatever the place offers, tried in the order of DefaultAzureCredential. */
  readonly method: 'default' | 'workload' | 'managed' | 'secret' | 'cli';
  readonly tenantId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** With the token of the Kubernetes service account. */
  readonly tokenFile?: string | undefined;
  /** Default: public Azure. */
  readonly authorityHost?: string | undefined;
}

/** Clouds whose authorities know each other; any other one is believed as it is named, without asking public Azure about it. */
const KNOWN_AUTHORITIES =
  /^login\.(microsoftonline\.(com|us)|chinacloudapi\.cn|partner\.microsoftonline\.cn|windows\.net)$/;

/** Loaded when first needed: it takes 150 ms, and who signs with keys never does. */
export async function openCredential(settings: IdentitySettings): Promise<TokenCredential> {
  const sdk = await import('@azure/identity');
  const { tenantId, clientId, clientSecret, tokenFile, authorityHost } = settings;
  const isPrivate = authorityHost !== undefined && !KNOWN_AUTHORITIES.test(new URL(authorityHost).hostname);
  const authority = { ...defined({ authorityHost }), disableInstanceDiscovery: isPrivate };
  switch (settings.method) {
    case 'workload':
      return new sdk.WorkloadIdentityCredential({
        ...authority,
        ...defined({ tenantId, clientId, tokenFilePath: tokenFile }),
      });
    case 'managed':
      return clientId === undefined
        ? new sdk.ManagedIdentityCredential()
        : new sdk.ManagedIdentityCredential({ clientId });
    case 'secret':
      return new sdk.ClientSecretCredential(tenantId ?? '', clientId ?? '', clientSecret ?? '', authority);
    case 'cli':
      return new sdk.AzureCliCredential(defined({ tenantId }));
    case 'default':
      return new sdk.DefaultAzureCredential({
        ...authority,
        ...defined({ tenantId, managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
      });
  }
}
