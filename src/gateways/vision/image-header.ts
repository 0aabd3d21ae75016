import type { ImageHeader } from '../../domain/image/eligibility';
import { readSignature } from './image-signature';
import { readJpegSize } from './jpeg-size';
import { readBmpSize, readGifSize, readIconSize, readPngSize, readWebpSize, type StoredSize } from './stored-size';
import { readTiff } from './tiff-directory';

/**
 * Reads format, width and height from the bytes of an image without decoding it.
 *
 * I1 Never throws, whatever the bytes are.
 * I2 Takes time linear in the bytes at worst and constant for most: no input can hold the event loop.
 * I3 Says `corrupt` and `not-an-image` only of what nobody can read; what it does not understand itself, and the service
 *    may, is `unknown-size`.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  const format = readSignature(bytes);
  if (format === undefined) return { kind: 'not-an-image' };
  if (format === 'tiff') {
    const { isRaw, size } = readTiff(bytes);
    return isRaw ? { kind: 'unsupported', format: 'raw' } : headerOf('tiff', size);
  }
  const read = READERS[format];
  return read === undefined ? { kind: 'unsupported', format } : headerOf(format, read(bytes));
}

/** Formats that some Vision version takes; all others are named and refused. */
const READERS: Readonly<Record<string, (bytes: Uint8Array) => StoredSize>> = {
  jpeg: readJpegSize,
  png: readPngSize,
  gif: readGifSize,
  bmp: readBmpSize,
  'bmp-array': () => 'unknown',
  webp: readWebpSize,
  ico: readIconSize,
};

function headerOf(format: string, size: StoredSize): ImageHeader {
  const name = format === 'bmp-array' ? 'bmp' : format;
  if (size === 'unknown') return { kind: 'unknown-size', format: name };
  if (size === 'cut' || size.width <= 0 || size.height <= 0) return { kind: 'corrupt' };
  return { kind: 'image', format: name, width: size.width, height: size.height };
}
