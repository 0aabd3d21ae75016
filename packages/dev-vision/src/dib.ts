/**
 * A device-independent bitmap: the pixels of a BMP file behind its file header, and of an icon. sharp reads none.
 *
 * I1 Reads what Windows programs read: OS/2 and Windows headers, 1 to 32 bits a pixel, palettes, bit fields, both
 *    run-length codings, rows from the bottom or the top. Huffman coding and a JPEG or PNG inside are not read.
 * I2 Keeps one pixel in `step`: the memory is that of the sample, whatever the size says.
 * I3 Pixels that the bytes do not hold make the whole undefined: nothing is said about half a picture.
 *
 * Source: BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER of Windows; BITMAPINFOHEADER2 of OS/2.
 */
export interface Dib {
  readonly width: number;
  /** Of the header: in an icon, of the colours and the mask together. */
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  readonly masks: readonly number[];
  /** Blue, green, red and, but for OS/2, a byte of nothing for each colour. */
  readonly palette: Uint8Array;
  readonly paletteEntryBytes: 3 | 4;
  /** Where the pixels would begin if nobody said otherwise: behind the palette. */
  readonly pixelsAt: number;
}

export interface DibSize {
  readonly width: number;
  readonly height: number;
}

const RLE8 = 1;
const RLE4 = 2;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;
const CORE_HEADER_BYTES = 12;
/** OS/2 has other codings under the same numbers. */
const OS2_HEADER_BYTES = 64;
const DEPTHS = new Set([1, 2, 4, 8, 16, 24, 32]);
const MASKS_AT = 40;
const DEFAULT_MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x3e0, 0x1f, 0],
  24: [0xff0000, 0xff00, 0xff, 0],
  32: [0xff0000, 0xff00, 0xff, 0xff000000],
};

/** The header at `at`; undefined for what is none, and for codings that are not read (I1). */
export function readDib(bytes: Uint8Array, at: number): Dib | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + CORE_HEADER_BYTES > bytes.length) return undefined;
  const headerBytes = view.getUint32(at, true);
  if (headerBytes < CORE_HEADER_BYTES || at + headerBytes > bytes.length) return undefined;
  const isCore = headerBytes === CORE_HEADER_BYTES;
  if (!isCore && headerBytes < 16) return undefined;
  const field = (offset: number): number => (offset + 4 <= headerBytes ? view.getUint32(at + offset, true) : 0);
  const width = isCore ? view.getUint16(at + 4, true) : view.getInt32(at + 4, true);
  const storedHeight = isCore ? view.getUint16(at + 6, true) : view.getInt32(at + 8, true);
  const bits = view.getUint16(at + (isCore ? 10 : 14), true);
  const compression = isCore ? 0 : field(16);
  if (width <= 0 || storedHeight === 0 || !isReadable(compression, bits, headerBytes)) return undefined;

  const maskCount = compression === ALPHA_BIT_FIELDS || headerBytes >= 56 ? 4 : 3;
  const hasMasks = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS;
  if (hasMasks && at + MASKS_AT + maskCount * 4 > bytes.length) return undefined;
  const masks = hasMasks
    ? Array.from({ length: maskCount }, (_, index) => view.getUint32(at + MASKS_AT + index * 4, true))
    : (DEFAULT_MASKS[bits] ?? []);
  const paletteAt = at + headerBytes + (hasMasks && headerBytes === 40 ? maskCount * 4 : 0);
  const paletteEntryBytes = isCore ? 3 : 4;
  const colours = field(32) || (bits <= 8 ? 2 ** bits : 0);
  const pixelsAt = paletteAt + colours * paletteEntryBytes;
  const palette = bytes.subarray(paletteAt, pixelsAt);
  const isTopDown = storedHeight < 0;
  const height = Math.abs(storedHeight);
  return { width, height, isTopDown, bits, compression, masks, palette, paletteEntryBytes, pixelsAt };
}

function isReadable(compression: number, bits: number, headerBytes: number): boolean {
  if (!DEPTHS.has(bits)) return false;
  if (compression === 0) return true;
  if (compression === RLE8) return bits === 8;
  if (compression === RLE4) return bits === 4;
  const isFields = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS;
  return isFields && (bits === 16 || bits === 32) && headerBytes >= 40 && headerBytes !== OS2_HEADER_BYTES;
}

/** Red, green, blue and alpha of the pixel in column `x` of row `y` from the top. */
export type PixelOf = (x: number, y: number) => readonly [red: number, green: number, blue: number, alpha: number];

/**
 * How to look at the pixels that begin at `pixelsAt`, of which `height` rows count. Only columns and rows that are
 * multiples of `step` may be asked for (I2). Undefined when they are not all there (I3).
 */
export function pixelsOf(
  bytes: Uint8Array,
  dib: Dib,
  { pixelsAt, height, step }: { readonly pixelsAt: number; readonly height: number; readonly step: number },
): PixelOf | undefined {
  const storedRow = (y: number): number => (dib.isTopDown ? y : height - 1 - y);
  if (dib.compression === RLE8 || dib.compression === RLE4) {
    const indices = readRuns(bytes.subarray(pixelsAt), dib, height, step);
    return indices && ((x, y) => colourOf(dib, indices[(y / step) * Math.ceil(dib.width / step) + x / step] ?? 0));
  }
  const rowBytes = dibRowBytes(dib.width, dib.bits);
  // Some programs spare the padding of the last row.
  const end = pixelsAt + rowBytes * (height - 1) + Math.ceil((dib.width * dib.bits) / 8);
  if (end > bytes.length) return undefined;
  const valueAt = valueReader(bytes, dib.bits);
  const colour = dib.bits <= 8 ? (index: number) => colourOf(dib, index) : maskReader(dib.masks);
  return (x, y) => colour(valueAt(pixelsAt + storedRow(y) * rowBytes, x));
}

/** Rows are padded to four bytes. */
export const dibRowBytes = (width: number, bits: number): number => Math.ceil((width * bits) / 32) * 4;

function colourOf({ palette, paletteEntryBytes }: Dib, index: number): readonly [number, number, number, number] {
  const at = index * paletteEntryBytes;
  return [palette[at + 2] ?? 0, palette[at + 1] ?? 0, palette[at] ?? 0, 255];
}

function valueReader(bytes: Uint8Array, bits: number): (rowAt: number, x: number) => number {
  const byte = (at: number): number => bytes[at] ?? 0;
  switch (bits) {
    case 16:
      return (rowAt, x) => byte(rowAt + x * 2) | (byte(rowAt + x * 2 + 1) << 8);
    case 24:
      return (rowAt, x) => byte(rowAt + x * 3) | (byte(rowAt + x * 3 + 1) << 8) | (byte(rowAt + x * 3 + 2) << 16);
    case 32:
      return (rowAt, x) => {
        const at = rowAt + x * 4;
        return (byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24)) >>> 0;
      };
    default: {
      const perByte = 8 / bits;
      const all = 2 ** bits - 1;
      return (rowAt, x) => (byte(rowAt + Math.floor(x / perByte)) >> (8 - bits * ((x % perByte) + 1))) & all;
    }
  }
}

function maskReader(masks: readonly number[]): (value: number) => readonly [number, number, number, number] {
  const [red, green, blue, alpha] = [0, 1, 2, 3].map((index) => channelReader(masks[index] ?? 0)) as [
    ChannelReader,
    ChannelReader,
    ChannelReader,
    ChannelReader,
  ];
  const hasAlpha = (masks[3] ?? 0) !== 0;
  return (value) => [red(value), green(value), blue(value), hasAlpha ? alpha(value) : 255];
}

type ChannelReader = (value: number) => number;

function channelReader(mask: number): ChannelReader {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const max = mask >>> shift;
  return (value) => Math.round((((value & mask) >>> shift) * 255) / max);
}

/** Colour numbers of the sampled pixels, rows from the top. Every operation takes two bytes: the work is bounded. */
function readRuns(data: Uint8Array, dib: Dib, height: number, step: number): Uint8Array | undefined {
  const { width } = dib;
  const nibbles = dib.compression === RLE4;
  const columns = Math.ceil(width / step);
  const indices = new Uint8Array(columns * Math.ceil(height / step));
  let [x, row] = [0, 0];
  const paint = (count: number, indexOf: (offset: number) => number): void => {
    const y = dib.isTopDown ? row : height - 1 - row;
    const end = Math.min(x + count, width);
    if (y >= 0 && y < height && y % step === 0) {
      for (let column = Math.ceil(x / step) * step; column < end; column += step) {
        indices[(y / step) * columns + column / step] = indexOf(column - x);
      }
    }
    x += count;
  };
  const half = (value: number, offset: number): number => (offset % 2 === 0 ? value >> 4 : value & 0xf);
  for (let at = 0; at + 1 < data.length; ) {
    const [count, value] = [data[at] ?? 0, data[at + 1] ?? 0];
    at += 2;
    if (count > 0) paint(count, (offset) => (nibbles ? half(value, offset) : value));
    else if (value === 0) [x, row] = [0, row + 1];
    else if (value === 1) return indices;
    else if (value === 2) {
      x += data[at] ?? 0;
      row += data[at + 1] ?? 0;
      at += 2;
    } else {
      const from = at;
      paint(value, (offset) => (nibbles ? half(data[from + (offset >> 1)] ?? 0, offset) : (data[from + offset] ?? 0)));
      const taken = nibbles ? Math.ceil(value / 2) : value;
      at += taken + (taken % 2); // padded to two bytes
    }
  }
  return row >= height ? indices : undefined; // an end that nobody wrote, behind the last row
}
