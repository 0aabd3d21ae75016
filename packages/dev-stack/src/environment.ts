import { readStorageAccount } from 'contactsheet/setup';
import type { Home } from './home';
import { LOOPBACK } from './ports';
import { SECRETS_FILE_SETTING } from './secrets-file';
import { azuriteConnectionString, type Brought, localStorageAccount, storageAccountOf } from './settings';
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
      ? ownCosmos(inherited)
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
  const given = inherited.AZURE_STORAGE_CONNECTION_STRING?.trim() || inherited.AzureWebJobsStorage?.trim() || '';
  const own = storageAccountOf(given);
  return {
    // The component `pubsub` knows no name but this, and its SDK no shorter form.
    AZURE_STORAGE_CONNECTION_STRING: wholeConnectionString(given),
    AZURE_BLOB_ACCOUNT_NAME: own?.name ?? '',
    AZURE_BLOB_ACCOUNT_KEY: own?.key ?? '',
    AZURE_BLOB_ENDPOINT: own?.blobEndpoint ?? '',
    AZURE_QUEUE_ENDPOINT: own?.queueEndpoint ?? '',
  };
}

/** As it is where it is wrong: the app tells. */
function wholeConnectionString(given: string): string {
  const account = readStorageAccount(given, new Date());
  return 'faults' in account ? given : account.connectionString;
}

/** For the component of the sidecar, which trims nothing; the tutorial's one string is taken apart. */
function ownCosmos(inherited: NodeJS.ProcessEnv): ServiceEnvironment {
  const { COSMOS_ENDPOINT = '', COSMOS_KEY = '', CosmosDBConnection = '' } = inherited;
  const [endpoint, key] =
    COSMOS_ENDPOINT.trim() || COSMOS_KEY.trim()
      ? [COSMOS_ENDPOINT, COSMOS_KEY]
      : [/AccountEndpoint=([^;]+)/i.exec(CosmosDBConnection)?.[1], /AccountKey=([^;]+)/i.exec(CosmosDBConnection)?.[1]];
  return endpoint && key ? { COSMOS_ENDPOINT: endpoint.trim(), COSMOS_KEY: key.trim() } : {};
}
