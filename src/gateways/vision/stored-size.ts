/**
 * Width and height as the first bytes of a format state them, one reader per format.
 *
 * I1 `cut` says that the bytes end before the size, or that the size is none (a side of 0): nobody can read such a file.
 * I2 `unknown` says that the file may be whole and we do not know: the caller leaves it to the service.
 * I3 A reader looks at a bounded number of bytes and at none outside the given ones.
 *
 * Sources: PNG (ISO/IEC 15948) and the CgBI variant of Apple's tools, GIF89a, the BITMAPFILEHEADER family with OS/2's
 * BITMAPCOREHEADER and BITMAPINFOHEADER2, RFC 9649 (WebP), the ICONDIR structure.
 */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export type StoredSize = Size | 'cut' | 'unknown';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const tagAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

const PNG_SIGNATURE_BYTES = 8;

/** IHDR comes first, but for CgBI, which Apple's tools put before it. */
export function readPngSize(bytes: Uint8Array, from = 0): StoredSize {
  const view = viewOf(bytes);
  const first = from + PNG_SIGNATURE_BYTES;
  if (first + 8 > bytes.length) return 'cut';
  const at = tagAt(bytes, first + 4) === 'CgBI' ? first + 12 + view.getUint32(first) : first;
  if (at + 16 > bytes.length) return 'cut';
  if (tagAt(bytes, at + 4) !== 'IHDR') return 'unknown';
  return { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
}

/** A screen without a size is filled by its first picture: left to the service. */
export function readGifSize(bytes: Uint8Array): StoredSize {
  if (bytes.length < 10) return 'cut';
  const view = viewOf(bytes);
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  return width === 0 || height === 0 ? 'unknown' : { width, height };
}

const FILE_HEADER_BYTES = 14;
/** OS/2 1.x: sides of 16 bits, without a sign. */
const CORE_HEADER_BYTES = 12;
/** OS/2 2.x cuts its header anywhere after the sides; Windows has longer ones. */
const SHORTEST_INFO_HEADER_BYTES = 16;

export function readBmpSize(bytes: Uint8Array): StoredSize {
  const view = viewOf(bytes);
  const headerBytes = view.getUint32(FILE_HEADER_BYTES, true);
  if (headerBytes === CORE_HEADER_BYTES) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  if (headerBytes < SHORTEST_INFO_HEADER_BYTES) return 'unknown';
  const [width, height] = [view.getInt32(18, true), view.getInt32(22, true)];
  return width < 0 ? 'unknown' : { width, height: Math.abs(height) }; // a negative height: the first row is the top one
}

const CHUNK_AT = 12;
const PAYLOAD_AT = 20;

export function readWebpSize(bytes: Uint8Array): StoredSize {
  if (bytes.length < PAYLOAD_AT + 10) return 'cut';
  const view = viewOf(bytes);
  switch (tagAt(bytes, CHUNK_AT)) {
    case 'VP8X':
      return { width: 1 + uint24(view, PAYLOAD_AT + 4), height: 1 + uint24(view, PAYLOAD_AT + 7) };
    case 'VP8L': {
      if (bytes[PAYLOAD_AT] !== 0x2f) return 'unknown';
      const sides = view.getUint32(PAYLOAD_AT + 1, true);
      return { width: 1 + (sides & 0x3fff), height: 1 + ((sides >> 14) & 0x3fff) };
    }
    case 'VP8 ': {
      if (uint24(view, PAYLOAD_AT + 3) !== 0x2a019d) return 'unknown'; // the start code of a key frame
      return {
        width: view.getUint16(PAYLOAD_AT + 6, true) & 0x3fff,
        height: view.getUint16(PAYLOAD_AT + 8, true) & 0x3fff,
      };
    }
    default:
      return 'unknown';
  }
}

const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);

const ICON_ENTRY_BYTES = 16;
/** An icon has a handful of pictures; a file that claims more is not read further. */
const MAX_ICON_ENTRIES = 64;

/** The largest of an icon's pictures, since it is not known which one the service looks at. */
export function readIconSize(bytes: Uint8Array): StoredSize {
  const entries = Math.min(viewOf(bytes).getUint16(4, true), MAX_ICON_ENTRIES);
  let largest: Size | undefined;
  for (
    let at = 6;
    at < 6 + entries * ICON_ENTRY_BYTES && at + ICON_ENTRY_BYTES <= bytes.length;
    at += ICON_ENTRY_BYTES
  ) {
    const size = readIconEntry(bytes, at);
    if (typeof size === 'string') return 'unknown';
    if (largest === undefined || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest ?? 'cut';
}

/** One byte a side, 0 for 256; a PNG inside knows better, and may be larger. */
function readIconEntry(bytes: Uint8Array, at: number): StoredSize {
  const from = viewOf(bytes).getUint32(at + 12, true);
  const isPng = from + 4 <= bytes.length && tagAt(bytes, from) === '\x89PNG';
  return isPng ? readPngSize(bytes, from) : { width: bytes[at] || 256, height: bytes[at + 1] || 256 };
}
