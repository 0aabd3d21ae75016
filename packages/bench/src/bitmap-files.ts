/**
 * Bitmaps and icons byte by byte, as programs of forty years wrote them: 100 x 80 pixels, left half blue, right half red.
 */
export const WIDTH = 100;
export const HEIGHT = 80;

const BLUE = [0, 0, 255] as const;
const RED = [255, 0, 0] as const;
const isRight = (x: number): boolean => x >= WIDTH / 2;

interface Options {
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  /** Bytes of the second header: 12 is OS/2's, 40 Windows 3, 64 OS/2 2, 108 and 124 Windows 95 and 98. */
  readonly header?: 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124;
  readonly compression?: 'rgb' | 'rle8' | 'rle4' | 'bitfields';
  /** Red, green, blue and, where there is one, alpha. */
  readonly masks?: readonly number[];
  readonly isTopDown?: boolean;
}

const COMPRESSION = { rgb: 0, rle8: 1, rle4: 2, bitfields: 3 };

export function bitmap(options: Options): Buffer {
  const dib = bitmapWithoutFileHeader(options);
  const head = Buffer.alloc(14);
  head.write('BM', 0, 'latin1');
  head.writeUInt32LE(14 + dib.bytes.length, 2);
  head.writeUInt32LE(14 + dib.pixelsAt, 10);
  return Buffer.concat([head, dib.bytes]);
}

/** Two pictures: 16 x 16 as told by the directory alone, and the given one. */
export function icon(options: Options): Buffer {
  const { bytes } = bitmapWithoutFileHeader(options);
  bytes.writeInt32LE(HEIGHT * 2, 8); // the colours and, below them, the mask
  const mask = Buffer.alloc(rowBytes(1) * HEIGHT);
  return iconOf(Buffer.concat([bytes, mask]), WIDTH, HEIGHT, options.bits);
}

export function iconOf(picture: Buffer, width: number, height: number, bits = 32): Buffer {
  const small = Buffer.concat([
    bitmapWithoutFileHeader({ bits: 32 }).bytes.subarray(0, 40),
    Buffer.alloc(16 * 16 * 4 + 64),
  ]);
  small.writeInt32LE(16, 4);
  small.writeInt32LE(32, 8);
  const head = Buffer.alloc(6 + 2 * 16);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(2, 4);
  for (const [at, each, side, bytes] of [
    [6, small, [16, 16], head.length],
    [22, picture, [width, height], head.length + small.length],
  ] as const) {
    head.set([(side[0] ?? 0) & 0xff, (side[1] ?? 0) & 0xff, 0, 0xff], at); // the reserved byte is 255 in many files
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(bits, at + 6);
    head.writeUInt32LE(each.length, at + 8);
    head.writeUInt32LE(bytes, at + 12);
  }
  return Buffer.concat([head, small, picture]);
}

const rowBytes = (bits: number): number => Math.ceil((WIDTH * bits) / 32) * 4;

function bitmapWithoutFileHeader(options: Options): { readonly bytes: Buffer; readonly pixelsAt: number } {
  const { bits, header = 40, compression = 'rgb', masks, isTopDown = false } = options;
  const head = Buffer.alloc(header);
  head.writeUInt32LE(header, 0);
  if (header === 12) {
    head.writeUInt16LE(WIDTH, 4);
    head.writeUInt16LE(HEIGHT, 6);
    head.writeUInt16LE(1, 8);
    head.writeUInt16LE(bits, 10);
  } else {
    head.writeInt32LE(WIDTH, 4);
    head.writeInt32LE(isTopDown ? -HEIGHT : HEIGHT, 8);
    head.writeUInt16LE(1, 12);
    head.writeUInt16LE(bits, 14);
    if (header >= 20) head.writeUInt32LE(COMPRESSION[compression], 16);
  }
  const looseMasks = Buffer.alloc(masks !== undefined && header === 40 ? 12 : 0);
  masks?.slice(0, header === 40 ? 3 : 4).forEach((mask, index) => {
    (header === 40 ? looseMasks : head).writeUInt32LE(mask, (header === 40 ? 0 : 40) + index * 4);
  });
  const palette = bits <= 8 ? paletteOf(2 ** bits, header === 12 ? 3 : 4) : Buffer.alloc(0);
  const bytes = Buffer.concat([head, looseMasks, palette, pixelsOf(options)]);
  return { bytes, pixelsAt: header + looseMasks.length + palette.length };
}

/** 0 is blue and 1 is red; the rest is green and stands nowhere. */
function paletteOf(colours: number, entryBytes: 3 | 4): Buffer {
  const palette = Buffer.alloc(colours * entryBytes);
  for (let index = 0; index < colours; index += 1) {
    const [red, green, blue] = index === 0 ? BLUE : index === 1 ? RED : [0, 255, 0];
    palette.set([blue ?? 0, green ?? 0, red ?? 0], index * entryBytes);
  }
  return palette;
}

function pixelsOf({ bits, compression = 'rgb', masks }: Options): Buffer {
  if (compression === 'rle8') return runs([WIDTH / 2, 0, WIDTH / 2, 1]);
  if (compression === 'rle4') return runs([WIDTH / 2, 0x00, WIDTH / 2, 0x11]);
  const row = Buffer.alloc(rowBytes(bits));
  for (let x = 0; x < WIDTH; x += 1) {
    const colour = isRight(x) ? RED : BLUE;
    const index = isRight(x) ? 1 : 0;
    if (bits === 1) row[x >> 3] = (row[x >> 3] ?? 0) | (index << (7 - (x & 7)));
    else if (bits === 4) row[x >> 1] = (row[x >> 1] ?? 0) | (index << (x % 2 === 0 ? 4 : 0));
    else if (bits === 8) row[x] = index;
    else if (bits === 16) row.writeUInt16LE(masked(colour, masks ?? [0x7c00, 0x3e0, 0x1f]), x * 2);
    else if (bits === 24) row.set([colour[2], colour[1], colour[0]], x * 3);
    else row.writeUInt32LE(masked(colour, masks ?? [0xff0000, 0xff00, 0xff, 0xff000000]), x * 4);
  }
  return Buffer.concat(Array<Buffer>(HEIGHT).fill(row));
}

/** Full or no colour, and opaque: the mask itself or nothing. */
const masked = (colour: readonly number[], masks: readonly number[]): number =>
  masks.reduce((value, mask, index) => (value | ((colour[index] ?? 255) === 255 ? mask : 0)) >>> 0, 0);

/** Each row the same runs, with ends of line and an end of picture. */
function runs(row: readonly number[]): Buffer {
  return Buffer.from([
    ...Array<readonly number[]>(HEIGHT)
      .fill([...row, 0, 0])
      .flat(),
    0,
    1,
  ]);
}
