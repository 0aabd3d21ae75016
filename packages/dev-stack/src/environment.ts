import type { Home } from './home';
import { LOOPBACK } from './ports';
import { azuriteConnectionString, localStorageAccount, type Brought, storageAccountOf } from './settings';
import { SECRETS_FILE_SETTING } from './secrets-file';
import type { StackPorts } from './stack-ports';

/** Where everything is, as the app and the sidecar read it from their environment. */
export type ServiceEnvironment = Readonly<Record<string, string>>;

/**
 * What the app and the sidecar share. A service that a person brought keeps that person's settings, which are already in
 * the environment; here come those of the local ones.
 */
export function serviceEnvironment(
  home: Home,
  ports: StackPorts,
  brought: Brought,
  inherited: NodeJS.ProcessEnv,
  sockets: string,
  visionRate = UNLIMITED,
): ServiceEnvironment {
  return {
    ...storageSettings(ports, brought, inherited, localStorageAccount(inherited, home.keys)),
    ...(brought.cosmos
      ? cosmosOfTutorial(inherited)
      : { COSMOS_ENDPOINT: `http://${LOOPBACK}:${ports.cosmos}/`, COSMOS_KEY: home.keys.cosmosKey }),
    ...(brought.vision
      ? {}
      : {
          VISION_ENDPOINT: `http://${LOOPBACK}:${ports.vision}`,
          VISION_KEY: home.keys.visionKey,
          VISION_PROVIDER: LOCAL_VISION_PROVIDER,
          VISION_RATE: inherited.VISION_RATE || visionRate,
        }),
    APP_API_TOKEN: home.keys.appApiToken,
    DAPR_API_TOKEN: home.keys.sidecarToken,
    [SECRETS_FILE_SETTING]: home.at('secrets.json'),
    LINK_KEY: inherited.LINK_KEY || home.keys.linkKey,
    // Without it the sidecar advertises the machine's outer address.
    DAPR_HOST_IP: LOOPBACK,
    API_PORT: inherited.API_PORT || String(ports.api),
    API_HOST: inherited.API_HOST || LOOPBACK,
    CONTACTSHEET_HOME: home.path,
    DAPR_COMPONENTS_SOCKETS_FOLDER: sockets,
  };
}

/** As the local Vision names itself on every answer (packages/dev-vision/src/provider.ts). */
export const LOCAL_VISION_PROVIDER = 'local-pixels.1';
/** What the local Vision allows where nobody says otherwise. */
const UNLIMITED = 'unlimited';

/** What the Dapr CLI sets for an app by itself. */
export function cliEnvironment(appId: string, ports: StackPorts): ServiceEnvironment {
  return {
    APP_ID: appId,
    APP_PORT: String(ports.appChannel),
    DAPR_HTTP_PORT: String(ports.sidecarHttp),
    DAPR_GRPC_PORT: String(ports.sidecarGrpc),
    DAPR_METRICS_PORT: String(ports.sidecarMetrics),
  };
}

/** A shell file that exports the settings. Values are quoted whole: keys hold `=`, `+` and `/`. */
export function exportLines(env: ServiceEnvironment): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');
}

type LocalAccount = ReturnType<typeof localStorageAccount>;

function storageSettings(
  ports: StackPorts,
  brought: Brought,
  inherited: NodeJS.ProcessEnv,
  account: LocalAccount,
): ServiceEnvironment {
  if (!brought.storage) {
    return {
      AZURE_STORAGE_CONNECTION_STRING: azuriteConnectionString(ports, account),
      AZURE_BLOB_ACCOUNT_NAME: account.name,
      AZURE_BLOB_ACCOUNT_KEY: account.key,
      AZURE_BLOB_ENDPOINT: `http://${LOOPBACK}:${ports.blob}`,
      AZURE_QUEUE_ENDPOINT: `http://${LOOPBACK}:${ports.queue}`,
    };
  }
  const connectionString = inherited.AZURE_STORAGE_CONNECTION_STRING || inherited.AzureWebJobsStorage || '';
  const own = storageAccountOf(connectionString);
  return {
    // The component `pubsub` knows no name but this.
    AZURE_STORAGE_CONNECTION_STRING: connectionString,
    AZURE_BLOB_ACCOUNT_NAME: own?.name ?? '',
    AZURE_BLOB_ACCOUNT_KEY: own?.key ?? '',
    AZURE_BLOB_ENDPOINT: own?.blobEndpoint ?? '',
    AZURE_QUEUE_ENDPOINT: own?.queueEndpoint ?? '',
  };
}

/** The sidecar's component reads COSMOS_ENDPOINT and COSMOS_KEY; the tutorial's one string is taken apart for it. */
function cosmosOfTutorial(inherited: NodeJS.ProcessEnv): ServiceEnvironment {
  if (inherited.COSMOS_ENDPOINT || !inherited.CosmosDBConnection) return {};
  const endpoint = /AccountEndpoint=([^;]+)/i.exec(inherited.CosmosDBConnection)?.[1];
  const key = /AccountKey=([^;]+)/i.exec(inherited.CosmosDBConnection)?.[1];
  return endpoint && key ? { COSMOS_ENDPOINT: endpoint, COSMOS_KEY: key } : {};
}
