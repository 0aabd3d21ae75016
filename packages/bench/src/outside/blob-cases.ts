import { gzipSync } from 'node:zlib';
import { taken } from 'contactsheet/contract';
import { createPictures } from '../pictures';
import type { OutsideCase } from './outside-case';
import type { Place } from './place';

const PHOTO = 'photo.jpg';
/** A blob name may hold nearly anything: "Naming and Referencing Containers, Blobs, and Metadata". */
const ODD_NAMES = [
  ...[
    'a b.jpg',
    '100%25.jpg',
    'a+b#c?d&e=f.jpg',
    "it's (1).jpg",
    'e\u0301.jpg',
    '\u{1f39e}.jpg',
    'x//y.jpg',
    '%2F.jpg',
  ],
  ...['A.JPG', 'a.jpg', '__proto__', 'constructor.jpg', '\u202egpj.txt.jpg'],
];

/** An OS/2 1.x bitmap of 24 bits: BITMAPFILEHEADER, then a BITMAPCOREHEADER with sides of 16 bits. */
function bitmapOfOs2(width: number, height: number): Buffer {
  const rows = Buffer.alloc(Math.ceil((width * 3) / 4) * 4 * height, 0x66);
  const head = Buffer.alloc(26);
  head.write('BM', 'latin1');
  head.writeUInt32LE(head.length + rows.length, 2);
  head.writeUInt32LE(head.length, 10);
  head.writeUInt32LE(12, 14);
  head.writeUInt16LE(width, 18);
  head.writeUInt16LE(height, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt16LE(24, 24);
  return Buffer.concat([head, rows]);
}

/** The first box of a file of the HEIF family, and nothing else. */
function fileOfBrand(brand: string): Buffer {
  const box = Buffer.alloc(24);
  box.writeUInt32BE(box.length, 0);
  box.write(`ftyp${brand}\0\0\0\0${brand}mif1`, 4, 'latin1');
  return Buffer.concat([box, Buffer.alloc(1_000)]);
}

async function quoteOf({ client, container }: Place) {
  const { calls, images } = taken(await client.quote({ params: { container } })) as {
    readonly calls: number;
    readonly images: { readonly ineligible: Readonly<Record<string, number>> };
  };
  return { calls, ineligible: images.ineligible };
}

async function afterRun(place: Place): Promise<unknown> {
  const { calls } = await place.run();
  return { calls, images: await place.images() };
}

export const BLOB_CASES: readonly OutsideCase[] = [
  {
    kind: 'blobs',
    name: 'a photo in the archive tier that comes back',
    arrange: async (place) => {
      await place.pictures([PHOTO]);
      await place.blobs.getBlobClient(PHOTO).setAccessTier('Archive');
    },
    see: async (place) => {
      const quote = await quoteOf(place);
      const archived = await afterRun(place);
      await place.blobs.getBlobClient(PHOTO).setAccessTier('Hot');
      return { quote, archived, back: await afterRun(place) };
    },
    expected: {
      quote: { calls: 0, ineligible: { archived: 1 } },
      archived: { calls: 0, images: { [PHOTO]: 'skipped: archived' } },
      back: { calls: 1, images: { [PHOTO]: 'succeeded' } },
    },
  },
  ...['$web', '$root'].map(
    (name): OutsideCase => ({
      kind: 'blobs',
      name: `the container ${name}`,
      arrange: (place) => place.in(name).pictures([PHOTO]),
      see: (place) => afterRun(place.in(name)),
      expected: { calls: 1, images: { [PHOTO]: 'succeeded' } },
    }),
  ),
  {
    kind: 'blobs',
    name: 'a photo under a lease, one as an append blob, one as a page blob',
    arrange: async (place) => {
      await place.pictures(['leased.jpg']);
      await place.blobs.getBlobClient('leased.jpg').getBlobLeaseClient().acquireLease(-1);
      const [, second, third] = [0, 1, 2].map(await createPictures(place.container));
      const append = place.blobs.getAppendBlobClient('appended.jpg');
      await append.create();
      await append.appendBlock(second as Buffer, (second as Buffer).length);
      const whole = Buffer.concat([third as Buffer, Buffer.alloc(512)]);
      const pages = whole.subarray(0, whole.length - (whole.length % 512));
      const page = place.blobs.getPageBlobClient('pages.jpg');
      await page.create(pages.length);
      await page.uploadPages(pages, 0, pages.length);
    },
    see: afterRun,
    expected: {
      calls: 3,
      images: { 'leased.jpg': 'succeeded', 'appended.jpg': 'succeeded', 'pages.jpg': 'succeeded' },
    },
  },
  {
    kind: 'blobs',
    name: 'names that a URL has to escape',
    arrange: (place) => place.pictures(ODD_NAMES),
    see: async (place) => {
      const { calls } = await place.run();
      const images = await place.images();
      const read = await Promise.all(
        ODD_NAMES.map((blob) => place.client.getImage({ params: { container: place.container, blob } })),
      );
      const again = await place.run();
      return { calls, images, read: read.map(({ status }) => status), unchanged: again.counts.unchanged };
    },
    expected: {
      calls: ODD_NAMES.length,
      images: Object.fromEntries(ODD_NAMES.map((name) => [name, 'succeeded'])),
      read: ODD_NAMES.map(() => 200),
      unchanged: ODD_NAMES.length,
    },
  },
  {
    kind: 'blobs',
    name: 'three photos and 300 side-cars',
    arrange: async (place) => {
      await place.pictures(['1.jpg', '2.jpg', '3.jpg']);
      const names = Array.from({ length: 300 }, (_, n) => `${n}.json`);
      for (let n = 0; n < names.length; n += 30) {
        await Promise.all(names.slice(n, n + 30).map((name) => place.put(name, Buffer.from(`{"of":"${name}"}`))));
      }
    },
    see: quoteOf,
    expected: { calls: 3, ineligible: { 'not-an-image': 300 } },
  },
  {
    kind: 'blobs',
    name: 'an OS/2 bitmap of 100 x 80',
    arrange: (place) => place.put('os2.bmp', bitmapOfOs2(100, 80)),
    see: afterRun,
    expected: { calls: 1, images: { 'os2.bmp': 'succeeded' } },
  },
  {
    kind: 'blobs',
    name: 'a HEIF file of brand heim, named .jpg',
    arrange: (place) => place.put('live.jpg', fileOfBrand('heim')),
    see: afterRun,
    expected: { calls: 0, images: { 'live.jpg': 'skipped: unsupported-format' } },
  },
  {
    kind: 'blobs',
    name: 'a photo that was uploaded with Content-Encoding gzip',
    arrange: async (place) => {
      await place.blobs.createIfNotExists();
      const bytes = gzipSync((await createPictures(place.container))(0));
      const options = { blobHTTPHeaders: { blobContentType: 'image/jpeg', blobContentEncoding: 'gzip' } };
      await place.blobs.getBlockBlobClient(PHOTO).upload(bytes, bytes.length, options);
    },
    see: afterRun,
    expected: { calls: 0, images: { [PHOTO]: 'skipped: encoded' } },
  },
];
