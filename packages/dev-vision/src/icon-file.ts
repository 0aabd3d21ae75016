import { type RawPixels, sample, stepFor } from './bitmap-file';
import { type Dib, dibRowBytes, type PixelOf, pixelsOf, readDib } from './dib';

/**
 * The largest picture of a Windows icon, on white where the icon is transparent. It is either a PNG or the bitmap of the
 * clipboard with twice the height: colours, and below them a mask of one bit a pixel.
 *
 * The service does not say which of an icon's pictures it looks at; the largest is what an icon is a copy of.
 */
export interface IconPicture {
  readonly width: number;
  readonly height: number;
  /** Of the PNG, when it is one. */
  readonly png?: Uint8Array;
  readonly dib?: { readonly bytes: Uint8Array; readonly header: Dib };
}

const ENTRIES_AT = 6;
const ENTRY_BYTES = 16;
const MAX_ENTRIES = 64;

/** Undefined when the directory or what it points to is not there. */
export function readIcon(bytes: Uint8Array): IconPicture | undefined {
  if (bytes.length < ENTRIES_AT + ENTRY_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.min(view.getUint16(4, true), MAX_ENTRIES);
  let largest: IconPicture | undefined;
  for (let index = 0; index < count; index += 1) {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    if (at + ENTRY_BYTES > bytes.length) return undefined;
    const from = view.getUint32(at + 12, true);
    const picture = readPicture(bytes.subarray(from, from + view.getUint32(at + 8, true)));
    if (picture === undefined) return undefined;
    if (largest === undefined || picture.width * picture.height > largest.width * largest.height) largest = picture;
  }
  return largest;
}

/** Keeps every nth pixel of a picture that is no PNG; undefined when its bytes are cut. */
export function readIconPixels({ dib }: IconPicture, maxSide: number): RawPixels | undefined {
  if (dib === undefined) return undefined;
  const { bytes, header } = dib;
  const height = header.height / 2;
  const step = stepFor(header.width, height, maxSide);
  const colours = pixelsOf(bytes, header, { pixelsAt: header.pixelsAt, height, step });
  if (colours === undefined) return undefined;
  const mask = readMask(bytes, header, height);
  const isMasked = mask !== undefined && !hasAlpha(colours, header, height, step);
  return sample(header.width, height, step, (x, y) => {
    const [red, green, blue, alpha] = colours(x, y);
    const opaque = isMasked ? (mask(x, y) ? 0 : 1) : alpha / 255;
    return [red, green, blue].map((channel) => Math.round(channel * opaque + 255 * (1 - opaque)));
  });
}

function readPicture(bytes: Uint8Array): IconPicture | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = bytes.length >= 24 && view.getUint32(0) === 0x89504e47;
  if (isPng) return { width: view.getUint32(16), height: view.getUint32(20), png: bytes };
  const header = readDib(bytes, 0);
  if (header === undefined || header.height < 2) return undefined;
  return { width: header.width, height: Math.floor(header.height / 2), dib: { bytes, header } };
}

/** Before Windows XP the fourth byte of 32-bit icons was nothing: all 0 is no picture that is invisible. */
function hasAlpha(colours: PixelOf, { width, bits }: Dib, height: number, step: number): boolean {
  if (bits !== 32) return false;
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) if (colours(x, y)[3] !== 0) return true;
  }
  return false;
}

/** True where the mask hides the picture; undefined for an icon that has none. */
function readMask(
  bytes: Uint8Array,
  { width, bits, pixelsAt }: Dib,
  height: number,
): ((x: number, y: number) => boolean) | undefined {
  const maskAt = pixelsAt + dibRowBytes(width, bits) * height;
  const rowBytes = dibRowBytes(width, 1);
  if (maskAt + rowBytes * height > bytes.length) return undefined;
  return (x, y) => (((bytes[maskAt + (height - 1 - y) * rowBytes + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 1;
}
