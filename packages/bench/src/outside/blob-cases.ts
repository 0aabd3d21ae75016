import { gzipSync } from 'node:zlib';
import { taken } from 'contactsheet/contract';
import { createPictures } from '../pictures';
import type { OutsideCase } from './outside-case';
import type { Place } from './place';

const PHOTO = 'photo.jpg';

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
