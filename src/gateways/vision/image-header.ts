import { imageSize } from 'image-size';
import type { ImageHeader } from '../../domain/image/eligibility';
import { readSignature } from './image-signature';
import { readJpegSize } from './jpeg-size';

/**
 * Reads format, width and height from the bytes of an image without decoding it.
 *
 * I1 Never throws, whatever the bytes are.
 * I2 Takes time linear in the bytes at worst and constant for most: no input can hold the event loop.
 * I3 Never reads outside the given bytes: `image-size` looks into the whole underlying buffer, which for a pooled
 *    Buffer is other people's data, so it is given a copy of its own.
 */

/** Formats some Vision version accepts; the others are named and refused. */
const READABLE = new Set(['jpeg', 'png', 'gif', 'bmp', 'webp', 'ico', 'tiff']);

/** PNG, GIF, BMP, WEBP and ICO have their size in the first bytes; an ICO directory has at most 255 entries we look at. */
const HEAD_BYTES = 8192;

export function readImageHeader(bytes: Uint8Array): ImageHeader {
  const format = readSignature(bytes);
  if (format === undefined) return { kind: 'not-an-image' };
  if (!READABLE.has(format)) return { kind: 'unsupported', format };
  const size = format === 'jpeg' ? readJpegSize(bytes) : readSizeOf(format, bytes);
  if (size === undefined || !isSide(size.width) || !isSide(size.height)) return { kind: 'corrupt' };
  return { kind: 'image', format, width: size.width, height: size.height };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const isSide = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

function readSizeOf(format: string, bytes: Uint8Array): Size | undefined {
  // A TIFF may keep its directory at the end of the file; the others never need more than their head.
  const own = Uint8Array.prototype.slice.call(bytes, 0, format === 'tiff' ? bytes.length : HEAD_BYTES);
  try {
    const { width, height } = imageSize(own);
    return { width, height };
  } catch {
    return undefined;
  }
}
