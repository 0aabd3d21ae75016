import type { ServiceEnvironment } from './environment';
import type { Home } from './home';
import type { PartName } from './part';
import { LOOPBACK } from './ports';
import type { Brought } from './settings';
import type { StackPorts } from './stack-ports';

/** `endpoints.json` in the home: for scripts, tests and Azure Storage Explorer. Addresses are those in use now. */
export interface Endpoints {
  readonly api: string;
  readonly sidecar: string;
  /** Every call of the sidecar carries it as `dapr-api-token`. */
  readonly sidecarToken: string;
  readonly appChannel: string;
  readonly blobConnectionString: string;
  readonly queueConnectionString: string;
  readonly cosmos: { readonly endpoint: string; readonly key: string };
  readonly vision: { readonly endpoint: string; readonly key: string };
  /** Of the operator: as `code` it opens every management link. */
  readonly linkKey: string;
  /** The real process of each part; null for one that is not running, or not started here. */
  readonly pids: Readonly<Record<PartName, number | null>>;
}

export function endpointsOf(
  ports: StackPorts,
  env: NodeJS.ProcessEnv | ServiceEnvironment,
  pids: Endpoints['pids'],
): Endpoints {
  const storage = env.AZURE_STORAGE_CONNECTION_STRING || env.AzureWebJobsStorage || '';
  return {
    api: `http://${LOOPBACK}:${ports.api}`,
    sidecar: `http://${LOOPBACK}:${ports.sidecarHttp}`,
    sidecarToken: env.DAPR_API_TOKEN ?? '',
    appChannel: `http://${LOOPBACK}:${ports.appChannel}`,
    blobConnectionString: storage,
    queueConnectionString: storage,
    cosmos: { endpoint: env.COSMOS_ENDPOINT ?? '', key: env.COSMOS_KEY ?? '' },
    vision: {
      endpoint: env.VISION_ENDPOINT || env.ComputerVisionUrl || '',
      key: env.VISION_KEY || env.ComputerValidationToken || '',
    },
    linkKey: env.LINK_KEY ?? '',
    pids,
  };
}

export function writeEndpoints(home: Home, endpoints: Endpoints): void {
  home.write('endpoints.json', `${JSON.stringify(endpoints, null, 2)}\n`);
}

/** One line for a person about services that are not started here. */
export function describeBrought(brought: Brought): string | undefined {
  const names = [
    ...(brought.storage ? ['storage'] : []),
    ...(brought.cosmos ? ['Cosmos DB'] : []),
    ...(brought.vision ? ['Vision'] : []),
  ];
  return names.length > 0 ? `Using your own ${names.join(', ')}, as set in the environment.` : undefined;
}
