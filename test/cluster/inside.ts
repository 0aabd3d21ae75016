import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, openCluster, trialFolder } from '../../packages/cluster/src';
import { type Client, createClient } from '../../src/contract';
import type { Evidence } from '../chaos/oracle';

/** The trial in the cluster, as somebody beside the stand-ins sees it: `npm run cluster` runs these tests there. */
export interface Inside {
  readonly cluster: Cluster;
  /** The API, through the Service. */
  readonly client: Client;
  readonly endpoints: Evidence['endpoints'] & { readonly apiKey: string };
}

const SERVICE = 'http://contactsheet.contactsheet.svc.cluster.local';
/** Its control routes answer callers on loopback only. */
const VISION = 'https://127.0.0.1:8443';

export function lookInside(env: NodeJS.ProcessEnv): Inside {
  const cluster = openCluster(env);
  const secrets = join(trialFolder(cluster.folder), 'secrets');
  const values = Object.fromEntries(
    readFileSync(join(secrets, 'contactsheet.env'), 'utf8')
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const apiKey = readFileSync(join(secrets, 'api-key'), 'utf8').trim();
  return {
    cluster,
    client: createClient({ address: SERVICE, headers: { authorization: `Bearer ${apiKey}` } }),
    endpoints: {
      api: SERVICE,
      apiKey,
      blobConnectionString: values.AZURE_STORAGE_CONNECTION_STRING ?? '',
      cosmos: { endpoint: values.COSMOS_ENDPOINT ?? '', key: values.COSMOS_KEY ?? '' },
      vision: { endpoint: VISION },
    },
  };
}
