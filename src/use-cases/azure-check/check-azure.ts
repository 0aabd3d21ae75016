import { isContainerName } from '../../domain/container/container-name';
import { IdentityFailure } from '../../gateways/azure-identity/failure';
import type { CosmosProbes } from '../../gateways/azure-probes/cosmos-probes';
import type { BlobProbes } from '../../gateways/azure-probes/storage-probes';
import type { VisionOutcome } from '../../gateways/vision/port';
import type { Grant } from './roles';

/**
 * Walks everything that the product asks of Azure, one small request each, and says of each whether it may.
 *
 * I1 Nothing that it makes stays, and nothing of the user is changed: photos are only read.
 * I2 Nothing costs: Vision is sent an empty body, which it refuses before it bills.
 * I3 What cannot be asked, since something before it is missing, is told as not checked, and never as right.
 */
export interface AzureCheckDeps {
  readonly photos: BlobProbes;
  readonly system: BlobProbes;
  readonly systemContainer: string;
  /** Undefined: no queue endpoint is named. */
  readonly queue: (() => Promise<void>) | undefined;
  readonly cosmos: CosmosProbes;
  readonly vision: () => Promise<VisionOutcome>;
  /** Through the sidecar; undefined: none answers. */
  readonly publish: (() => Promise<void>) | undefined;
  readonly grants: AzureGrants;
}

/** What would allow it; each undefined where a key signs. */
export interface AzureGrants {
  photos(container: string | undefined): Grant | undefined;
  system(): Grant | undefined;
  queue(): Grant | undefined;
  cosmos(): Grant | undefined;
  vision(): Grant | undefined;
}

export interface CheckLine {
  readonly what: string;
  /** `missing`: refused. `failed`: no answer that says so. `skipped`: not asked. */
  readonly state: 'right' | 'missing' | 'failed' | 'skipped';
  /** Of what is not right: what the service says, or what stands in the way. */
  readonly why?: string;
  readonly grant?: Grant;
}

/** @param container with photos; undefined: the first of the account that is not the system's */
export async function* checkAzure(deps: AzureCheckDeps, container: string | undefined): AsyncGenerator<CheckLine> {
  yield* checkPhotos(deps, container);
  const { system, systemContainer, queue, cosmos, vision, publish, grants } = deps;
  const write = `Write and delete a blob in ${systemContainer} (storage account ${system.account})`;
  yield await ask(write, () => system.writeAndDelete(systemContainer), grants.system());
  yield queue
    ? await ask('Make a queue, send to it, receive from it, delete it', queue, grants.queue())
    : {
        what: 'Use queues',
        state: 'skipped',
        why: 'AZURE_STORAGE_QUEUE_ENDPOINT is not set: only the pub/sub component on Storage Queues needs it.',
      };
  const schema = await ask('Find the database and its containers', cosmos.schema, grants.cosmos());
  yield schema;
  const needsSchema = schema.state === 'right' ? undefined : 'The database could not be looked at.';
  yield await askAfter(needsSchema, 'Query Cosmos DB', cosmos.query, grants.cosmos());
  yield await askAfter(needsSchema, 'Write and delete a document in Cosmos DB', cosmos.writeAndDelete, grants.cosmos());
  yield await checkVision(vision, grants.vision());
  const noSidecar = publish ? undefined : 'No sidecar answers here. Check again beside one that runs.';
  yield await askAfter(noSidecar, 'Publish an event through the sidecar', publish ?? nothing, undefined);
}

async function* checkPhotos({ photos, grants }: AzureCheckDeps, named: string | undefined): AsyncGenerator<CheckLine> {
  let container = named;
  if (container === undefined) {
    const what = `Find a container with photos (storage account ${photos.account})`;
    let found: readonly string[] = [];
    const look = async () => {
      found = await photos.containers();
    };
    const line = await ask(what, look, grants.photos(undefined));
    container = found.find((name) => isContainerName(name) && !name.startsWith('$'));
    if (line.state !== 'right') {
      const why = `${line.why} A role on one container is enough: name it with --container.`;
      yield { ...line, why };
    } else if (container === undefined)
      yield { what, state: 'skipped', why: 'There is none. Name one with --container.' };
    else yield { ...line, what: `${what}: ${container}` };
  }
  const none = container === undefined ? 'No container is known.' : undefined;
  const place = container ?? '';
  let blob: string | undefined;
  const list = async () => {
    blob = await photos.firstBlob(place);
  };
  const listed = await askAfter(none, `List photos${none ? '' : ` in ${place}`}`, list, grants.photos(container));
  yield listed;
  const noBlob = listed.state !== 'right' ? 'Nothing could be listed.' : 'The container is empty.';
  const read = () => photos.readByte(place, blob ?? '');
  yield await askAfter(
    blob === undefined ? noBlob : undefined,
    'Read one byte of a photo',
    read,
    grants.photos(container),
  );
}

/** An image is refused, and so the caller is not. */
async function checkVision(call: () => Promise<VisionOutcome>, grant: Grant | undefined): Promise<CheckLine> {
  const what = 'Call Vision (with an empty body, which costs nothing)';
  const outcome = await call();
  if (outcome.ok || IMAGE_REFUSALS.has(outcome.code)) return { what, state: 'right' };
  const isForbidden = outcome.httpStatus === 401 || outcome.httpStatus === 403;
  return {
    what,
    state: isForbidden ? 'missing' : 'failed',
    why: outcome.message,
    ...(isForbidden && grant && { grant }),
  };
}

const IMAGE_REFUSALS: ReadonlySet<string> = new Set([
  'vision-invalid-size',
  'vision-invalid-format',
  'vision-rejected',
]);

const nothing = async (): Promise<void> => undefined;

function askAfter(
  obstacle: string | undefined,
  what: string,
  probe: () => Promise<void>,
  grant: Grant | undefined,
): Promise<CheckLine> | CheckLine {
  return obstacle === undefined ? ask(what, probe, grant) : { what, state: 'skipped', why: obstacle };
}

async function ask(what: string, probe: () => Promise<void>, grant: Grant | undefined): Promise<CheckLine> {
  try {
    await probe();
    return { what, state: 'right' };
  } catch (thrown) {
    const why = wordsOf(thrown);
    // No token is no question of a role.
    if (causes(thrown).some((one) => one instanceof IdentityFailure)) return { what, state: 'failed', why };
    const isForbidden = causes(thrown).some((one) => [401, 403].includes(statusOf(one) ?? 0));
    const isMissing = isForbidden || why.includes('\naz '); // what is not there is named with what makes it
    return { what, state: isMissing ? 'missing' : 'failed', why, ...(isForbidden && grant && { grant }) };
  }
}

function causes(thrown: unknown): readonly unknown[] {
  return thrown instanceof Error ? [thrown, ...(thrown.cause === undefined ? [] : causes(thrown.cause))] : [thrown];
}

function statusOf(thrown: unknown): number | undefined {
  const { statusCode, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown };
  return [statusCode, code].find((one): one is number => typeof one === 'number');
}

/** Commands stand on lines of their own; what the SDKs write below the first line is of no use. */
function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code, details } = thrown as { code?: unknown; details?: { errorCode?: unknown } };
  const lines = thrown.message.split('\n').filter((line) => line.trim() !== '');
  const commands = lines.filter((line) => line.startsWith('az '));
  const named = [code, details?.errorCode].find((one) => typeof one === 'string');
  const isNamed = named === undefined || thrown.name !== 'RestError';
  return [isNamed ? (lines[0] ?? '') : `${lines[0] ?? ''} (${named})`, ...commands].join('\n');
}
