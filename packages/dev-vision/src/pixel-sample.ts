import sharp from 'sharp';
import { type RawPixels, readBitmapFile } from './bitmap-file';
import { readIcon, readIconPixels } from './icon-file';

/**
 * Decodes an image into a small sample of red, green and blue bytes, upright, on white where it is transparent.
 *
 * I1 Decodes only formats whose signature was recognised before (picture-header.ts): sharp itself would also read SVG.
 * I2 A damaged file yields undefined, as a whole: nothing is said about half a picture.
 */

/** Enough for shares and shapes; four times the pixels change no word of the labelled set and cost 8 ms more. */
const SAMPLE_SIDE_PIXELS = 192;
/** The largest picture Vision takes. */
const MAX_INPUT_PIXELS = 16_000 * 16_000;

// Calls come many at a time: one thread each (libuv's pool) beats several for one.
sharp.concurrency(1);
// Every image comes once; what sharp would keep of it is only memory.
sharp.cache(false);

export async function samplePixels(bytes: Uint8Array, format: string): Promise<RawPixels | undefined> {
  if (format === 'bmp') return readBitmapFile(bytes, SAMPLE_SIDE_PIXELS);
  if (format !== 'ico') return sampleWithSharp(bytes);
  const icon = readIcon(bytes);
  if (icon?.png !== undefined) return sampleWithSharp(icon.png);
  return icon && readIconPixels(icon, SAMPLE_SIDE_PIXELS);
}

async function sampleWithSharp(bytes: Uint8Array): Promise<RawPixels | undefined> {
  try {
    const { data, info } = await sharp(bytes, {
      failOn: 'error',
      limitInputPixels: MAX_INPUT_PIXELS,
      sequentialRead: true,
    })
      .autoOrient()
      .resize(SAMPLE_SIDE_PIXELS, SAMPLE_SIDE_PIXELS, {
        fit: 'inside',
        withoutEnlargement: true,
        kernel: 'linear', // sharper kernels ring at edges, and a flat graphic would not look flat
      })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return info.channels === 3 ? { data, width: info.width, height: info.height } : undefined;
  } catch {
    return undefined; // I2
  }
}
