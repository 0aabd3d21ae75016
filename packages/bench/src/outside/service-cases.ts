import { createHmac } from 'node:crypto';
import { type Container, CosmosClient } from '@azure/cosmos';
import { defined } from 'contactsheet/contract';
import sharp from 'sharp';
import { bitmap, HEIGHT, icon, WIDTH } from '../bitmap-files';
import { atMost } from './expected';
import type { OutsideCase } from './outside-case';
import type { Place } from './place';

interface CosmosRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

interface CosmosAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** A signed request, as clients of Cosmos DB other than ours send them. */
async function askCosmos(place: Place, { method, path, headers = {}, body }: CosmosRequest): Promise<CosmosAnswer> {
  const { endpoint, key } = place.endpoints.cosmos;
  const date = new Date().toUTCString();
  const segments = path.split('/').filter(Boolean);
  const type = segments.at(-1) ?? '';
  const parts = [method.toLowerCase(), type, segments.slice(0, -1).join('/'), date.toLowerCase(), '', ''];
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(parts.join('\n')).digest('base64');
  const answer = await fetch(`${endpoint.replace(/\/$/, '')}${path}`, {
    method,
    headers: {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      'x-ms-date': date,
      'x-ms-version': '2020-11-05',
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, etag: answer.headers.get('etag'), body: text === '' ? undefined : JSON.parse(text) };
}

async function containerOf(place: Place): Promise<Container> {
  const { endpoint, key } = place.endpoints.cosmos;
  const client = new CosmosClient({ endpoint, key });
  const { database } = await client.databases.createIfNotExists({ id: 'outside' });
  const { container } = await database.containers.createIfNotExists({
    id: place.container,
    partitionKey: { paths: ['/pk'] },
  });
  return container;
}

async function filled(place: Place): Promise<void> {
  const container = await containerOf(place);
  for (const [id, status] of Object.entries({ a: 'succeeded', b: 'failed', c: 'failed' })) {
    await container.items.create({ id, pk: 'p', status, lower: { name: id } });
  }
}

const inOutside = (place: Place, what: string) => `/dbs/outside/colls/${place.container}/${what}`;

/** What an SDK that follows a feed does: it asks until it hears 304. */
async function seeFeed(place: Place, path: string, feed: string): Promise<unknown> {
  let continuation: string | undefined;
  let entries = 0;
  for (let rounds = 1; rounds <= 1_000; rounds += 1) {
    const { status, etag, body } = await askCosmos(place, {
      method: 'GET',
      path,
      headers: {
        'a-im': 'Incremental feed',
        ...defined({ 'if-none-match': continuation }),
      },
    });
    if (status === 304) return { entries, rounds, ends: 304 };
    entries += Array.isArray(body?.[feed]) ? (body[feed] as unknown[]).length : 0;
    if (status !== 200 || etag === null) return { entries, rounds, ends: status, etag };
    continuation = etag;
  }
  return { entries, ends: 'never' };
}

/** A setting of a container that Azure obeys and this server does not: refused with its name, never taken and forgotten. */
function refusedSetting(name: string, setting: object): OutsideCase {
  return {
    kind: 'services',
    name: `Cosmos: a container with ${name}`,
    isTested: true,
    arrange: async (place) => void (await containerOf(place)),
    see: async (place) => {
      const { status, body } = await askCosmos(place, {
        method: 'POST',
        path: '/dbs/outside/colls',
        body: { id: `${place.container}-set`, partitionKey: { paths: ['/pk'], kind: 'Hash' }, ...setting },
      });
      return { status, message: String(body?.message).slice(0, 100) };
    },
    expected: { status: 400, message: new RegExp(name) },
  };
}

/** A query over three documents of which two are `failed`: their ids, or the refusal. */
function query(text: string, expected: unknown): OutsideCase {
  return {
    kind: 'services',
    name: `Cosmos: ${text}`,
    isTested: true,
    arrange: filled,
    see: async (place) => {
      const container = await containerOf(place);
      const answer = container.items.query<{ id: string }>(text).fetchAll();
      return answer.then(
        ({ resources }) => ({ ids: resources.map(({ id }) => id).sort() }),
        (error: { code: number; message: string }) => ({
          status: error.code,
          message: error.message.replace(/\s+/g, ' ').slice(0, 200),
        }),
      );
    },
    expected,
  };
}

const PATHS = {
  '3.2': '/vision/v3.2/analyze?visualFeatures=Color',
  '4.0': '/computervision/imageanalysis:analyze?api-version=2024-02-01&features=tags',
};

/** The size that the local Vision reports of a picture, or how it refuses it. */
function pictured(
  name: string,
  version: keyof typeof PATHS,
  bytes: () => Promise<Buffer> | Buffer,
  size: object,
): OutsideCase {
  return {
    kind: 'services',
    name: `Vision ${version}: ${name}`,
    isTested: true,
    see: async (place) => {
      const { endpoint, key } = place.endpoints.vision;
      const answer = await fetch(`${endpoint}${PATHS[version]}`, {
        method: 'POST',
        headers: { 'ocp-apim-subscription-key': key, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(await bytes()),
      });
      const { metadata, error } = (await answer.json()) as { metadata?: object; error?: object };
      return { status: answer.status, ...(metadata ?? error) };
    },
    expected: { status: 200, ...size },
  };
}

const SIZE = { width: WIDTH, height: HEIGHT };

/** 120 x 60 pixels as they are stored, turned by the camera. */
const turned = (orientation: number) =>
  sharp({ create: { width: 120, height: 60, channels: 3, background: '#336699' } })
    .withMetadata({ orientation })
    .jpeg()
    .toBuffer();

export const SERVICE_CASES: readonly OutsideCase[] = [
  {
    kind: 'services',
    name: 'Cosmos: pkranges as an incremental feed',
    isTested: true,
    arrange: filled,
    see: (place) => seeFeed(place, inOutside(place, 'pkranges'), 'PartitionKeyRanges'),
    expected: { entries: 1, rounds: 2, ends: 304 },
  },
  {
    kind: 'services',
    name: 'Cosmos: change feed of latest versions',
    isTested: true,
    arrange: filled,
    see: (place) => seeFeed(place, inOutside(place, 'docs'), 'Documents'),
    expected: { entries: 3, rounds: atMost(5), ends: 304 },
  },
  {
    kind: 'services',
    name: 'Cosmos: change feed of all versions and deletes',
    arrange: filled,
    see: async (place) => {
      const { status, body } = await askCosmos(place, {
        method: 'GET',
        path: inOutside(place, 'docs'),
        headers: { 'a-im': 'Full-Fidelity Feed' },
      });
      return { status, message: String(body?.message).slice(0, 160) };
    },
    expected: { status: 400, message: /all versions and deletes|Full-Fidelity/i },
  },
  refusedSetting('computedProperties', {
    computedProperties: [{ name: 'low', query: 'SELECT VALUE LOWER(c.status) FROM c' }],
  }),
  refusedSetting('vectorEmbeddingPolicy', {
    vectorEmbeddingPolicy: {
      vectorEmbeddings: [{ path: '/v', dataType: 'float32', distanceFunction: 'cosine', dimensions: 3 }],
    },
  }),
  refusedSetting('fullTextPolicy', {
    fullTextPolicy: { defaultLanguage: 'en-US', fullTextPaths: [{ path: '/text', language: 'en-US' }] },
  }),
  refusedSetting('conflictResolutionPolicy', { conflictResolutionPolicy: { mode: 'Custom' } }),
  refusedSetting('analyticalStorageTtl', { analyticalStorageTtl: -1 }),
  {
    kind: 'services',
    name: 'Cosmos: a write that names a trigger',
    isTested: true,
    arrange: filled,
    see: async (place) => {
      const container = await containerOf(place);
      const item = { id: 'with-trigger', pk: 'p' };
      const refused = await container.items.create(item, { preTriggerInclude: 'stamp' }).then(
        () => ({ status: 201 }),
        (error: { code: number; message: string }) => ({
          status: error.code,
          message: error.message.replace(/\s+/g, ' ').slice(0, 160),
        }),
      );
      return { ...refused, stored: (await container.item(item.id, item.pk).read()).statusCode === 200 };
    },
    expected: { status: 400, message: /stamp/, stored: false },
  },
  {
    kind: 'services',
    name: 'Cosmos: delete_all_items_by_partition_key',
    isTested: true,
    arrange: async (place) => {
      await filled(place);
      await (await containerOf(place)).items.create({ id: 'other', pk: 'q' });
    },
    see: async (place) => {
      const container = await containerOf(place);
      const { statusCode } = await container.deleteAllItemsForPartitionKey('p');
      const { resources } = await container.items.query('SELECT VALUE c.id FROM c').fetchAll();
      return { status: statusCode, left: resources };
    },
    expected: { status: 200, left: ['other'] },
  },
  {
    kind: 'services',
    name: 'Cosmos: ORDER BY on a path that the policy excludes',
    isTested: true,
    see: async (place) => {
      const { endpoint, key } = place.endpoints.cosmos;
      const { database } = await new CosmosClient({ endpoint, key }).databases.createIfNotExists({ id: 'outside' });
      const { container } = await database.containers.createIfNotExists({
        id: place.container,
        partitionKey: { paths: ['/pk'] },
        indexingPolicy: { includedPaths: [{ path: '/*' }], excludedPaths: [{ path: '/status/?' }] },
      });
      const ordered = container.items.query('SELECT * FROM c ORDER BY c.status').fetchAll();
      return ordered.then(
        () => ({ status: 200 }),
        (error: { code: number; message: string }) => ({
          status: error.code,
          message: error.message.replace(/\s+/g, ' ').slice(0, 160),
        }),
      );
    },
    expected: { status: 400, message: /order-by item is excluded/ },
  },
  {
    kind: 'services',
    name: 'Cosmos: unique keys',
    see: async (place) => {
      const { endpoint, key } = place.endpoints.cosmos;
      const { database } = await new CosmosClient({ endpoint, key }).databases.createIfNotExists({ id: 'outside' });
      const made = await database.containers
        .create({
          id: place.container,
          partitionKey: { paths: ['/pk'] },
          uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/mail'] }] },
        })
        .catch((error: { code: number; message: string }) => error);
      if ('code' in made) return { isHonest: made.code === 400 && /unique ?keys/i.test(made.message) };
      await made.container.items.create({ id: '1', pk: 'p', mail: 'a' });
      const twice = made.container.items.create({ id: '2', pk: 'p', mail: 'a' });
      return {
        isHonest: await twice.then(
          () => false,
          ({ code }: { code: number }) => code === 409,
        ),
      };
    },
    expected: { isHonest: true },
  },
  query('SELECT c.id FROM c ORDER BY c.status, c.id', { status: 400, message: /ORDER BY of more than one/ }),
  query("SELECT c.id FROM c WHERE c.status NOT IN ('succeeded')", { ids: ['b', 'c'] }),
  query("SELECT c.id FROM c WHERE c.status LIKE 'f%'", { status: 400, message: /does not support LIKE/ }),
  query('SELECT c.id FROM c WHERE c.lower.name BETWEEN "b" AND "c"', { ids: ['b', 'c'] }),
  query('SELECT c.id FROM c OFFSET 1 LIMIT 1', { ids: ['b'] }),
  query('SELECT TOP 1 c.id FROM c WHERE c.status != "failed"', { ids: ['a'] }),
  query("SELECT c.id FROM c WHERE c.status = 'failed' AND NOT IS_DEFINED(c.missing)", { ids: ['b', 'c'] }),
  query('SELECT c.id FROM c WHERE c.missing ?? true', { status: 400, message: /operator \?\?/ }),
  // The grammar of Microsoft (sql.g4): NOT belongs to c.status, and NOT of a text is undefined.
  query("SELECT c.id FROM c WHERE NOT c.status='succeeded'", { ids: [] }),
  query("SELECT c.id FROM c WHERE NOT (c.status='succeeded')", { ids: ['b', 'c'] }),
  pictured('a bitmap of 1 bit', '4.0', () => bitmap({ bits: 1 }), SIZE),
  pictured('a bitmap of 8 bits', '4.0', () => bitmap({ bits: 8 }), SIZE),
  pictured('a bitmap of 16 bits', '4.0', () => bitmap({ bits: 16 }), SIZE),
  pictured(
    'a bitmap with bit fields',
    '4.0',
    () => bitmap({ bits: 16, compression: 'bitfields', masks: [0xf800, 0x7e0, 0x1f] }),
    SIZE,
  ),
  pictured('a bitmap of OS/2', '3.2', () => bitmap({ bits: 24, header: 12 }), SIZE),
  pictured('an icon', '4.0', () => icon({ bits: 32 }), SIZE),
  pictured('a picture that Exif turns by 90 degrees', '4.0', () => turned(6), { width: 60, height: 120 }),
  pictured('a picture that Exif turns by 180 degrees', '3.2', () => turned(3), { width: 120, height: 60 }),
];
