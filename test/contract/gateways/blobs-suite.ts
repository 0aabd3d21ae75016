import type { ListedBlob } from '../../../src/domain/image/image';
import { compareNames } from '../../../src/domain/image/name-order';
import type { BlobsGateway, DownloadOptions } from '../../../src/gateways/blobs/port';
import { HOSTILE_NAMES } from './hostile-names';

/** What a test needs beside the port: a way to change what the port only reads. */
export interface BlobsSubject {
  readonly blobs: BlobsGateway;
  createContainer(container: string): Promise<void>;
  put(
    container: string,
    name: string,
    bytes: Uint8Array,
    contentType?: string,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<void>;
  remove(container: string, name: string): Promise<void>;
  setTier(container: string, name: string, tier: 'Hot' | 'Cool' | 'Cold' | 'Archive'): Promise<void>;
  stop(): Promise<void>;
}

const READ: DownloadOptions = { maxBytes: 1_000_000, timeoutMs: 10_000 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The contract of BlobsGateway: the same for every implementation. */
export function describeBlobs(name: string, start: () => Promise<BlobsSubject>): void {
  describe(`blobs: ${name}`, () => {
    let subject: BlobsSubject;
    let blobs: BlobsGateway;
    let containers = 0;
    beforeAll(async () => {
      subject = await start();
      blobs = subject.blobs;
    });
    afterAll(() => subject?.stop());

    const newContainer = async (...names: readonly string[]): Promise<string> => {
      containers += 1;
      const container = `contract-${containers}`;
      await subject.createContainer(container);
      for (const blob of names) await subject.put(container, blob, bytesOf(blob));
      return container;
    };
    const listAll = async (container: string, prefix = '', pageSize = 1_000): Promise<ListedBlob[]> => {
      const found: ListedBlob[] = [];
      let marker: string | undefined;
      do {
        const page = await blobs.listPage(container, { prefix, pageSize, ...(marker !== undefined && { marker }) });
        found.push(...page.blobs);
        marker = page.next;
      } while (marker !== undefined);
      return found;
    };
    const listOne = async (container: string): Promise<ListedBlob> => {
      const [blob] = await listAll(container);
      if (!blob) throw new Error('nothing was listed');
      return blob;
    };

    test('lists an empty container as one empty page', async () => {
      expect(await blobs.listPage(await newContainer(), { prefix: '', pageSize: 10 })).toEqual({ blobs: [] });
    });

    test('pages neither overlap nor leave a gap, and end without a marker', async () => {
      const names = Array.from({ length: 10 }, (_, index) => `image-${index}`);
      const container = await newContainer(...names);
      const sizes: number[] = [];
      const found: string[] = [];
      let marker: string | undefined;
      do {
        const page = await blobs.listPage(container, { prefix: '', pageSize: 5, ...(marker && { marker }) });
        sizes.push(page.blobs.length);
        found.push(...page.blobs.map((blob) => blob.name));
        marker = page.next;
      } while (marker !== undefined);
      expect(sizes).toEqual([5, 5]);
      expect(found).toEqual(names);
    });

    test('lists by name, and only what begins with the prefix', async () => {
      const container = await newContainer('b/2', 'a/1', 'b/1', 'c', 'b');
      expect((await listAll(container)).map((blob) => blob.name)).toEqual(['a/1', 'b', 'b/1', 'b/2', 'c']);
      expect((await listAll(container, 'b/', 1)).map((blob) => blob.name)).toEqual(['b/1', 'b/2']);
    });

    test('lists in the order that it says, also where code points have another', async () => {
      const names = ['Ａ', 'ﬀ.jpg', '\uffee', '🎞', '📷.jpg', '𝒳', 'a/b', 'a-b', 'a', 'é'];
      const order = await blobs.nameOrder();
      const listed = (await listAll(await newContainer(...names), '', 3)).map((blob) => blob.name);
      expect(order).toBe('utf-16');
      expect(listed).toEqual([...names].sort((a, b) => compareNames(a, b, order)));
    });

    test('says size and type, and an etag without quotes that a look says too', async () => {
      const container = await newContainer();
      await subject.put(container, 'photo.png', bytesOf('12345'), 'image/png');
      const blob = await listOne(container);
      expect(blob).toMatchObject({ name: 'photo.png', sizeBytes: 5, contentType: 'image/png' });
      expect(blob.etag).toMatch(/^[^"]+$/);
      expect(await blobs.head(container, 'photo.png')).toEqual(blob);
    });

    test('leaves out the directory markers of every tool, on the bounds of a page too', async () => {
      const container = await newContainer('a/1.jpg', 'b/1.jpg', 'c-1.jpg', 'c/1.jpg', 'd.jpg');
      const empty = (name: string, metadata?: Readonly<Record<string, string>>) =>
        subject.put(container, name, new Uint8Array(), undefined, metadata);
      await empty('a'); // others lie under it, on the next page where a page holds one name
      await empty('b', { hdi_isfolder: 'true' });
      await empty('c'); // `c-1.jpg` stands between it and what lies under it
      await empty('e', { hdi_isfolder: 'true' }); // nothing lies under it
      await empty('f/');
      await empty('g_$folder$');
      await empty('h.jpg'); // a picture that came without its bytes
      const expected = ['a/1.jpg', 'b/1.jpg', 'c-1.jpg', 'c/1.jpg', 'd.jpg', 'h.jpg'];
      for (const pageSize of [1, 2, 3, 5, 1_000]) {
        expect((await listAll(container, '', pageSize)).map((blob) => blob.name)).toEqual(expected);
      }
    });

    test('leaves out what stands for a directory, and keeps an empty blob', async () => {
      const container = await newContainer('folder/image.jpg');
      await subject.put(container, 'folder', new Uint8Array());
      await subject.put(container, 'empty.jpg', new Uint8Array());
      expect((await listAll(container)).map((blob) => blob.name)).toEqual(['empty.jpg', 'folder/image.jpg']);
    });

    test('says which blob is archived; one that is back has the same etag, and every other tier is read', async () => {
      const container = await newContainer('image');
      const before = await listOne(container);
      expect(before.unreadable).toBeUndefined();
      await subject.setTier(container, 'image', 'Archive');
      const archived = await listOne(container);
      expect(archived).toEqual({ ...before, unreadable: 'archived' });
      expect(await blobs.head(container, 'image')).toEqual(archived);
      // Listed before it was archived.
      const refused = { ok: false, code: 'archived', httpStatus: 409, retryable: false };
      expect(await blobs.download(container, before, READ)).toMatchObject(refused);
      for (const tier of ['Cool', 'Cold', 'Hot'] as const) {
        await subject.setTier(container, 'image', tier);
        expect(await listOne(container)).toEqual(before);
        expect(await blobs.download(container, before, READ)).toMatchObject({ ok: true });
      }
    });

    test('knows which containers exist', async () => {
      expect(await blobs.containerExists(await newContainer())).toBe(true);
      expect(await blobs.containerExists('contract-missing')).toBe(false);
    });

    test('refuses a container that is not there by name', async () => {
      const missing = expect.objectContaining({ code: 'container-not-found', retryable: false });
      await expect(blobs.listPage('contract-missing', { prefix: '', pageSize: 10 })).rejects.toEqual(missing);
      await expect(blobs.head('contract-missing', 'image')).rejects.toEqual(missing);
    });

    test('a look at a blob that is not there answers undefined', async () => {
      expect(await blobs.head(await newContainer('a'), 'b')).toBeUndefined();
    });

    test('reads the bytes that were listed', async () => {
      const container = await newContainer();
      const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
      await subject.put(container, 'large', bytes);
      const outcome = await blobs.download(container, await listOne(container), READ);
      expect(outcome.ok && Buffer.from(outcome.bytes).equals(bytes)).toBe(true);
    });

    test('reads an empty blob', async () => {
      const container = await newContainer();
      await subject.put(container, 'empty', new Uint8Array());
      const outcome = await blobs.download(container, await listOne(container), READ);
      expect(outcome.ok && outcome.bytes.length).toBe(0);
    });

    test('tells a blob that changed and a blob that is gone', async () => {
      const container = await newContainer('image');
      const listed = await listOne(container);
      await subject.put(container, 'image', bytesOf('other'));
      const changed = { ok: false, code: 'changed', httpStatus: 412, retryable: false };
      expect(await blobs.download(container, listed, READ)).toMatchObject(changed);
      await subject.remove(container, 'image');
      const gone = { ok: false, code: 'gone', httpStatus: 404, retryable: false };
      expect(await blobs.download(container, listed, READ)).toMatchObject(gone);
    });

    test('takes a blob of exactly the limit and refuses one byte more', async () => {
      const container = await newContainer('12345');
      const listed = await listOne(container);
      expect(await blobs.download(container, listed, { ...READ, maxBytes: 5 })).toMatchObject({ ok: true });
      const refused = { ok: false, code: 'too-large-bytes', retryable: false };
      expect(await blobs.download(container, listed, { ...READ, maxBytes: 4 })).toMatchObject(refused);
    });

    test('a caller that has stopped gets a failure that may be repeated', async () => {
      const container = await newContainer('image');
      const listed = await listOne(container);
      const outcome = await blobs.download(container, listed, { ...READ, signal: AbortSignal.abort() });
      expect(outcome).toMatchObject({ ok: false, code: 'download-failed', retryable: true });
    });

    test('every hostile name comes back as it went in, each its own blob', async () => {
      // The service makes a slash of a backslash when a blob is written: no listing shows one.
      const names = HOSTILE_NAMES.filter((hostile) => !hostile.includes('\\'));
      const container = await newContainer(...names);
      const listed = await listAll(container, '', 7);
      expect(listed.map((blob) => blob.name).sort()).toEqual([...names].sort());
      for (const blob of listed) {
        const outcome = await blobs.download(container, blob, READ);
        expect(outcome.ok && new TextDecoder().decode(outcome.bytes)).toBe(blob.name);
        expect(await blobs.head(container, blob.name)).toEqual(blob);
        expect((await listAll(container, blob.name)).map((found) => found.name)).toContain(blob.name);
      }
    });
  });
}
