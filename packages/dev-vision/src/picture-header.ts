import sharp from 'sharp';
import { readBitmapSize } from './bitmap-file';
import { readIconSize } from './icon-file';

/**
 * Format and stored size of a picture, without its pixels.
 *
 * I1 Asks sharp about the formats in SHARP_SIGNATURES only: it would also open SVG and whatever else its libraries know.
 */
export interface PictureHeader {
  /** `jpeg`, `png`, `gif`, `webp`, `tiff`, `bmp` or `ico`. */
  readonly format: string;
  readonly width: number;
  readonly height: number;
}

/** Hexadecimal digits of the first bytes; a dot stands for any digit. */
const SHARP_SIGNATURES: Readonly<Record<string, RegExp>> = {
  jpeg: /^ffd8ff/,
  png: /^89504e470d0a1a0a/,
  gif: /^47494638(37|39)61/,
  webp: /^52494646.{8}57454250/,
  tiff: /^(49492[ab]00|4d4d002[ab])/,
};

/** Undefined for what is none of the formats, or damaged before its size. */
export async function readPictureHeader(bytes: Uint8Array): Promise<PictureHeader | undefined> {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('hex');
  if (head.startsWith('424d')) return withFormat('bmp', readBitmapSize(bytes));
  if (head.startsWith('00000100')) return withFormat('ico', readIconSize(bytes));
  const format = Object.keys(SHARP_SIGNATURES).find((name) => SHARP_SIGNATURES[name]?.test(head));
  return format === undefined ? undefined : withFormat(format, await askSharp(bytes));
}

type Size = Omit<PictureHeader, 'format'>;

const withFormat = (format: string, size: Size | undefined): PictureHeader | undefined => size && { format, ...size };

async function askSharp(bytes: Uint8Array): Promise<Size | undefined> {
  try {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { width, height };
  } catch {
    return undefined;
  }
}
