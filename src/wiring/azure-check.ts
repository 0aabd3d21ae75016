import { randomUUID } from 'node:crypto';
import type { OutsideConfig } from '../config';
import type { AzureIdentity } from '../gateways/azure-identity/azure-identity';
import { STORAGE_SCOPE } from '../gateways/azure-identity/scopes';
import { createCosmosProbes } from '../gateways/azure-probes/cosmos-probes';
import { createBlobProbes, probeQueue, type QueueSettings } from '../gateways/azure-probes/storage-probes';
import { createSidecar } from '../gateways/sidecar/sidecar';
import { createVision } from '../gateways/vision';
import { APP_ID, CHECK_EVENT_TYPE, COMPONENTS, SYSTEM_BLOB_CONTAINERS, TOPICS } from '../names';
import { checkAzure, type AzureGrants, type CheckLine } from '../use-cases/azure-check/check-azure';
import { grantOnCosmos, grantOnStorage, grantOnVision, ROLES } from '../use-cases/azure-check/roles';
import { accessOf, storageAccess } from './azure-access';

/** Every line as soon as it is known. */
export async function* runAzureCheck(config: OutsideConfig, container: string | undefined): AsyncGenerator<CheckLine> {
  const access = accessOf(config);
  const { identity } = access;
  const photos = createBlobProbes(access.photos);
  const system = createBlobProbes(storageAccess(config.storage, identity));
  const queueSettings = queueAccess(config, identity);
  const cosmos = createCosmosProbes({ ...access.cosmos, throughput: config.cosmos.throughput });
  const vision = createVision(access.vision);
  const sidecar = createSidecar({
    port: config.sidecar.httpPort,
    ...(config.sidecar.token && { apiToken: config.sidecar.token.reveal() }),
  });
  try {
    const isThere = await sidecar.outboundHealthy();
    const event = { specversion: '1.0', source: APP_ID, id: randomUUID(), type: CHECK_EVENT_TYPE, data: {} };
    yield* checkAzure(
      {
        ...{ photos, system, systemContainer: SYSTEM_BLOB_CONTAINERS.manifests, cosmos },
        queue: queueSettings && (() => probeQueue(queueSettings)),
        vision: () => vision.analyze(new Uint8Array()),
        publish: isThere
          ? () => sidecar.publish(COMPONENTS.pubsub, TOPICS.runs, event, {}, 'application/cloudevents+json')
          : undefined,
        grants: await grantsOf(config, identity, { photos: photos.account, system: system.account }),
      },
      container,
    );
  } finally {
    cosmos.close();
    vision.close();
    sidecar.close();
  }
}

function queueAccess({ storage }: OutsideConfig, identity: AzureIdentity | undefined): QueueSettings | undefined {
  if (storage.credential === 'key') return { connectionString: storage.connectionString.reveal() };
  const { queueEndpoint } = storage;
  return queueEndpoint !== undefined && identity ? { queueEndpoint, identity } : undefined;
}

async function grantsOf(
  config: OutsideConfig,
  identity: AzureIdentity | undefined,
  accounts: { readonly photos: string; readonly system: string },
): Promise<AzureGrants> {
  const principal = (await principalOf(identity)) ?? 'OBJECT_ID_OF_THE_IDENTITY';
  const { photos, storage, cosmos, vision } = config;
  const isAsked = ({ credential }: { readonly credential: string }) => credential === 'identity';
  return {
    photos: (container) =>
      isAsked(photos) ? grantOnStorage(ROLES.readBlobs, accounts.photos, container, principal) : undefined,
    system: () =>
      isAsked(storage) ? grantOnStorage(ROLES.writeBlobs, accounts.system, undefined, principal) : undefined,
    queue: () => (isAsked(storage) ? grantOnStorage(ROLES.queues, accounts.system, undefined, principal) : undefined),
    cosmos: () => (isAsked(cosmos) ? grantOnCosmos(cosmos.endpoint, principal) : undefined),
    vision: () => (isAsked(vision) ? grantOnVision(vision.endpoint, principal) : undefined),
  };
}

/** The object id of the identity, which roles are granted to: its tokens name it. */
async function principalOf(identity: AzureIdentity | undefined): Promise<string | undefined> {
  try {
    const [, claims = ''] = (await identity?.token(STORAGE_SCOPE))?.split('.') ?? [];
    const { oid } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { oid?: unknown };
    return typeof oid === 'string' ? oid : undefined;
  } catch {
    return undefined; // each line says that there is no token
  }
}
