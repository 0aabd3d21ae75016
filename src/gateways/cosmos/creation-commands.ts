import type { ContainerDefinition } from '@azure/cosmos';
import { COSMOS } from '../../names';
import type { CosmosThroughput } from './throughput';

interface Account {
  readonly endpoint: string;
  readonly throughput?: CosmosThroughput | undefined;
}

/** For the Azure CLI, one a line: what makes the database and those containers, just as the application would. GROUP is the reader's. */
export function creationCommands(
  { endpoint, throughput }: Account,
  containers: readonly ContainerDefinition[],
  withDatabase: boolean,
): readonly string[] {
  const [account = 'ACCOUNT'] = new URL(endpoint).hostname.split('.');
  const place = `--account-name ${account} --resource-group GROUP`;
  const shared = sharedBy(throughput);
  const own = throughput?.kind === 'each' ? ` --throughput ${throughput.ruPerSecond}` : '';
  const made = containers.map((container) => `az cosmosdb sql container create ${place} ${flagsOf(container)}${own}`);
  return withDatabase ? [`az cosmosdb sql database create ${place} --name ${COSMOS.database}${shared}`, ...made] : made;
}

function sharedBy(throughput: CosmosThroughput | undefined): string {
  if (throughput?.kind === 'shared') return ` --throughput ${throughput.ruPerSecond}`;
  return throughput?.kind === 'autoscale' ? ` --max-throughput ${throughput.ruPerSecond}` : '';
}

function flagsOf({ id, partitionKey, indexingPolicy, defaultTtl }: ContainerDefinition): string {
  const [path] = typeof partitionKey === 'string' ? [partitionKey] : (partitionKey?.paths ?? []);
  return [
    `--database-name ${COSMOS.database} --name ${id} --partition-key-path ${path} --partition-key-version 2`,
    ...(defaultTtl === undefined ? [] : [`--ttl ${defaultTtl}`]),
    `--idx '${JSON.stringify(indexingPolicy)}'`,
  ].join(' ');
}
