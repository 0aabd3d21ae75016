import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createAzureBlobs } from '../../../src/gateways/blobs/azure-blobs';
import type { BlobsGateway, DownloadOptions } from '../../../src/gateways/blobs/port';
import { DEV_ACCOUNT, DEV_KEY } from './azurite';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapInUse(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const LISTED = { name: 'image.jpg', etag: '0x1', sizeBytes: 10 };
const READ: DownloadOptions = { maxBytes: 1_000, timeoutMs: 5_000 };

/** Answers as the storage service would on a bad day. */
describe('blobs in trouble', () => {
  let server: Server;
  let blobs: BlobsGateway;
  let answer: Answer;
  let requests: string[];
  const sockets = new Set<Socket>();
  let connections = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      answer(response, request);
    });
    server.on('connection', (socket) => {
      connections += 1;
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${DEV_ACCOUNT}`;
    const account = `AccountName=${DEV_ACCOUNT};AccountKey=${DEV_KEY}`;
    blobs = createAzureBlobs({ connectionString: `DefaultEndpointsProtocol=http;${account};BlobEndpoint=${url};` });
  });
  afterAll(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  beforeEach(() => {
    requests = [];
  });

  const send =
    (length: number, body: Uint8Array): Answer =>
    (response) => {
      response.writeHead(200, { 'content-length': length, etag: '"0x1"', 'last-modified': new Date(0).toUTCString() });
      response.write(body);
    };
  const refuse =
    (status: number, code: string): Answer =>
    (response) => {
      response.writeHead(status, { 'x-ms-error-code': code, 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`);
    };
  const eventually = async (isTrue: () => boolean): Promise<void> => {
    for (let attempt = 0; attempt < 100 && !isTrue(); attempt += 1) await new Promise((r) => setTimeout(r, 10));
    expect(isTrue()).toBe(true);
  };

  test('asks with If-Match on the listed etag, once', async () => {
    let ifMatch: string | undefined;
    answer = (response, request) => {
      ifMatch = request.headers['if-match'];
      send(10, Buffer.alloc(10, 7))(response, request);
      response.end();
    };
    expect(await blobs.download('photos', LISTED, READ)).toMatchObject({ ok: true, bytes: Buffer.alloc(10, 7) });
    expect(ifMatch).toBe('"0x1"');
    expect(requests).toHaveLength(1);
  });

  test.each([
    [500, 'InternalError', 'download-failed', true],
    [503, 'ServerBusy', 'download-failed', true],
    [403, 'AuthorizationFailure', 'download-forbidden', false],
    [404, 'BlobNotFound', 'gone', false],
    [409, 'BlobArchived', 'archived', false],
    [409, 'BlobBeingRehydrated', 'rehydrate-pending', false],
    [409, 'BlobUsesCustomerSpecifiedEncryption', 'customer-provided-key', false],
    [409, 'SomethingElse', 'download-failed', false],
    [400, 'InvalidUri', 'download-failed', false],
  ])('%d %s is one attempt and says %s', async (status, errorCode, code, retryable) => {
    answer = refuse(status, errorCode);
    const outcome = await blobs.download('photos', LISTED, READ);
    expect(outcome).toMatchObject({ ok: false, code, retryable, httpStatus: status });
    expect(requests).toHaveLength(1);
  });

  /** Properties as "List Blobs" documents them, which the emulator does not tell. */
  const listing = (...blobs: readonly { name: string; properties: string }[]) => {
    const rows = blobs.map(({ name, properties }) => {
      const etag =
        '<Etag>0x1</Etag><Content-Length>9</Content-Length><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified>';
      return `<Blob><Name>${name}</Name><Properties>${etag}${properties}</Properties></Blob>`;
    });
    return `<?xml version="1.0"?><EnumerationResults ServiceEndpoint="http://x/" ContainerName="photos"><Blobs>${rows.join('')}</Blobs><NextMarker/></EnumerationResults>`;
  };

  test('what cannot be read is known from the listing, and by name too', async () => {
    const kinds: Record<string, [properties: string, unreadable?: string]> = {
      archived: ['<AccessTier>Archive</AccessTier>', 'archived'],
      'to-cool': [
        '<AccessTier>Archive</AccessTier><ArchiveStatus>rehydrate-pending-to-cool</ArchiveStatus>',
        'rehydrate-pending',
      ],
      'to-cold': [
        '<AccessTier>Archive</AccessTier><ArchiveStatus>rehydrate-pending-to-cold</ArchiveStatus>',
        'rehydrate-pending',
      ],
      key: ['<CustomerProvidedKeySha256>c2hhMjU2</CustomerProvidedKeySha256>', 'customer-provided-key'],
      cold: ['<AccessTier>Cold</AccessTier>'],
      premium: ['<AccessTier>P10</AccessTier>'],
      held: ['<LegalHold>true</LegalHold><LeaseStatus>locked</LeaseStatus><LeaseState>leased</LeaseState>'],
      scope: ['<EncryptionScope>ours</EncryptionScope>'],
    };
    const rows = Object.entries(kinds).map(([name, [properties]]) => ({ name, properties }));
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(listing(...rows));
    };
    const page = await blobs.listPage('photos', { prefix: '', pageSize: 10 });
    const seen = Object.fromEntries(page.blobs.map(({ name, unreadable }) => [name, unreadable]));
    expect(seen).toEqual(Object.fromEntries(Object.entries(kinds).map(([name, [, unreadable]]) => [name, unreadable])));
  });

  test('a page that was listed is held by nobody while its deadline runs on', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => ({
      name: `photo-${i}.jpg`,
      properties: '<BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><LeaseStatus>unlocked</LeaseStatus>',
    }));
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(listing(...rows));
    };
    const list = async () => void (await blobs.listPage('photos', { prefix: '', pageSize: 5_000 }));
    await list(); // what the first one loads stays
    const before = heapInUse();
    for (let page = 0; page < 4; page += 1) await list();
    expect(heapInUse() - before).toBeLessThan(10 * 1024 * 1024); // one page held takes more
  });

  test('a look at a blob whose properties need a key falls back on the listing', async () => {
    answer = (response, request) => {
      if (request.method === 'HEAD') return refuse(409, 'BlobUsesCustomerSpecifiedEncryption')(response, request);
      response.writeHead(200, { 'content-type': 'application/xml' });
      const properties = '<CustomerProvidedKeySha256>c2hhMjU2</CustomerProvidedKeySha256>';
      response.end(listing({ name: 'image.jpg', properties }));
    };
    const found = await blobs.head('photos', 'image.jpg');
    expect(found).toMatchObject({ name: 'image.jpg', etag: '0x1', unreadable: 'customer-provided-key' });
  });

  test('a look tells what is on its way back', async () => {
    answer = (response) => {
      const tier = { 'x-ms-access-tier': 'Archive', 'x-ms-archive-status': 'rehydrate-pending-to-hot' };
      response.writeHead(200, { 'content-length': 9, etag: '"0x1"', ...tier });
      response.end();
    };
    expect(await blobs.head('photos', 'image.jpg')).toMatchObject({ unreadable: 'rehydrate-pending' });
  });

  test('a connection that breaks, before or within the body, may be tried again', async () => {
    for (const fault of [
      (response: ServerResponse) => response.socket?.destroy(),
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 10 });
        response.write('12345', () => response.socket?.destroy());
      },
    ]) {
      answer = fault;
      const outcome = await blobs.download('photos', LISTED, READ);
      expect(outcome).toMatchObject({ ok: false, code: 'download-failed', retryable: true });
    }
    expect(requests).toHaveLength(2);
  });

  test('more than was listed is refused by its announced length, without reading it', async () => {
    answer = send(1_001, Buffer.alloc(10));
    const outcome = await blobs.download('photos', LISTED, READ);
    expect(outcome).toMatchObject({ ok: false, code: 'too-large-bytes' });
    await eventually(() => sockets.size === 0);
  });

  test('what is listed as too large is not asked for', async () => {
    const outcome = await blobs.download('photos', { ...LISTED, sizeBytes: 1_001 }, READ);
    expect(outcome).toMatchObject({ ok: false, code: 'too-large-bytes' });
    expect(requests).toHaveLength(0);
  });

  test.each<[string, Answer]>([
    ['never answers', () => {}],
    ['never ends', send(10, Buffer.alloc(5))],
  ])('a service that %s is left at the deadline, and the socket is closed', async (_name, fault) => {
    answer = fault;
    const outcome = await blobs.download('photos', LISTED, { ...READ, timeoutMs: 100 });
    expect(outcome).toMatchObject({ ok: false, code: 'download-failed', retryable: true });
    await eventually(() => sockets.size === 0);
  });

  test('a caller that stops in the middle gets its answer at once, and the socket is closed', async () => {
    const stop = new AbortController();
    answer = (response, request) => {
      send(10, Buffer.alloc(5))(response, request);
      setTimeout(() => stop.abort(), 30);
    };
    const startedAt = performance.now();
    const outcome = await blobs.download('photos', LISTED, { ...READ, signal: stop.signal });
    expect(outcome).toMatchObject({ ok: false, code: 'download-failed', retryable: true });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await eventually(() => sockets.size === 0);
  });

  test('a name that no URL can carry is an outcome, not an exception, and reaches no other blob', async () => {
    for (const name of ['../other/secret.jpg', 'a/./b', 'a/..', '\ud800']) {
      const outcome = await blobs.download('photos', { ...LISTED, name }, READ);
      expect(outcome).toMatchObject({ ok: false, code: 'download-failed', retryable: false });
    }
    expect(requests).toHaveLength(0);
  });

  test('a hundred downloads at once share a hundred connections, again and again', async () => {
    answer = (response, request) => {
      send(10, Buffer.alloc(10))(response, request);
      setImmediate(() => response.end());
    };
    connections = 0;
    for (let round = 0; round < 4; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => blobs.download('photos', LISTED, READ)));
      expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    }
    expect(connections).toBeLessThanOrEqual(100);
  });

  test('a listing tries three times, then says what to wait for', async () => {
    answer = refuse(503, 'ServerBusy');
    const page = blobs.listPage('photos', { prefix: '', pageSize: 10 });
    await expect(page).rejects.toEqual(expect.objectContaining({ code: 'storage-unavailable', retryable: true }));
    expect(requests).toHaveLength(3);
  });

  test.each([401, 403])('a listing that is refused (%d) is not repeated', async (status) => {
    answer = refuse(status, 'AuthorizationPermissionMismatch');
    const page = blobs.listPage('photos', { prefix: '', pageSize: 10 });
    await expect(page).rejects.toEqual(expect.objectContaining({ code: 'container-forbidden', retryable: false }));
    expect(requests).toHaveLength(1);
  });

  describe('the kind of account', () => {
    const freshBlobs = () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${DEV_ACCOUNT}`;
      const account = `AccountName=${DEV_ACCOUNT};AccountKey=${DEV_KEY}`;
      return createAzureBlobs({ connectionString: `DefaultEndpointsProtocol=http;${account};BlobEndpoint=${url};` });
    };
    const say =
      (headers: Record<string, string>): Answer =>
      (response) => {
        response.writeHead(200, { 'x-ms-sku-name': 'Standard_LRS', 'x-ms-account-kind': 'StorageV2', ...headers });
        response.end();
      };

    test.each([
      ['true', 'path'],
      ['false', 'utf-16'],
    ])('decides how names are sorted: hierarchical %s', async (hierarchical, order) => {
      answer = say({ 'x-ms-is-hns-enabled': hierarchical });
      const fresh = freshBlobs();
      expect(await fresh.nameOrder()).toBe(order);
      expect(await fresh.nameOrder()).toBe(order);
      expect(requests).toHaveLength(1);
    });

    test('that may not be asked for is taken as the common one', async () => {
      answer = refuse(403, 'AuthorizationPermissionMismatch');
      expect(await freshBlobs().nameOrder()).toBe('utf-16');
    });

    test('is not guessed when storage is away, and asked for again', async () => {
      const fresh = freshBlobs();
      answer = refuse(503, 'ServerBusy');
      const unavailable = expect.objectContaining({ code: 'storage-unavailable', retryable: true });
      await expect(fresh.nameOrder()).rejects.toEqual(unavailable);
      answer = say({ 'x-ms-is-hns-enabled': 'true' });
      expect(await fresh.nameOrder()).toBe('path');
    });
  });

  test('a container that is being deleted is no container', async () => {
    answer = refuse(409, 'ContainerBeingDeleted');
    const page = blobs.listPage('photos', { prefix: '', pageSize: 10 });
    await expect(page).rejects.toEqual(expect.objectContaining({ code: 'container-not-found' }));
  });

  test('the account of the development storage is known by its short name', () => {
    expect(createAzureBlobs({ connectionString: 'UseDevelopmentStorage=true' }).account).toBe(DEV_ACCOUNT);
  });

  test('a listing that never ends is cut off', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.write('<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>');
      const more = () => {
        while (!response.destroyed && sent < 300) {
          sent += 1;
          if (!response.write(megabyte)) return void response.once('drain', more);
        }
      };
      more();
    };
    await expect(blobs.listPage('photos', { prefix: '', pageSize: 10 })).rejects.toMatchObject({
      code: expect.any(String),
    });
    expect(sent).toBeGreaterThan(80);
    expect(sent).toBeLessThan(200);
  });
});
