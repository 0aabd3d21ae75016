import sharp from 'sharp';
import { readBitmapSize } from './bitmap-file';
import { readIcon } from './icon-file';

/**
 * Format and size of a picture, and what it takes to decode it, without its pixels.
 *
 * I1 Asks sharp about the formats in SHARP_SIGNATURES only: it would also open SVG and whatever else its libraries know.
 * I2 The size is that of the picture turned upright by its Exif orientation. The pages of Image Analysis do not say; those
 *    of Face, of the same family, do: "If EXIF orientation is available, images are automatically rotated to the correct
 *    orientation", and results refer to the rotated image (Azure AI Face, "Face detection, attributes, and input data",
 *    section "Input data with orientation information").
 */
export interface PictureHeader {
  /** `jpeg`, `png`, `gif`, `webp`, `tiff`, `bmp` or `ico`. */
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** How much memory its decoding holds at once, as an estimate from above. */
  readonly decodedBytes: number;
}

/** Hexadecimal digits of the first bytes; a dot stands for any digit. */
const OWN_SIGNATURES: Readonly<Record<string, RegExp>> = { bmp: /^424d/, ico: /^00000100/ };
const SHARP_SIGNATURES: Readonly<Record<string, RegExp>> = {
  jpeg: /^ffd8ff/,
  png: /^89504e470d0a1a0a/,
  gif: /^47494638(37|39)61/,
  webp: /^52494646.{8}57454250/,
  tiff: /^(49492[ab]00|4d4d002[ab])/,
};

const SIGNATURES = { ...OWN_SIGNATURES, ...SHARP_SIGNATURES };

/** The format that the first bytes name; undefined for none of those in PictureHeader. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('hex');
  return Object.keys(SIGNATURES).find((name) => SIGNATURES[name]?.test(head));
}

/** Undefined for what is none of the formats, or damaged before its size. */
export async function readPictureHeader(bytes: Uint8Array): Promise<PictureHeader | undefined> {
  const format = formatOf(bytes);
  if (format === 'bmp') return sampled('bmp', readBitmapSize(bytes));
  if (format === 'ico') return iconHeader(bytes);
  return format === undefined ? undefined : askSharp(bytes, format);
}

async function iconHeader(bytes: Uint8Array): Promise<PictureHeader | undefined> {
  const icon = readIcon(bytes);
  if (icon?.png === undefined) return sampled('ico', icon);
  const png = await askSharp(icon.png, 'png');
  return png && { ...png, format: 'ico' };
}

/** Read pixel by pixel out of the bytes themselves. */
const sampled = (format: string, size?: { width: number; height: number }): PictureHeader | undefined =>
  size && { format, width: size.width, height: size.height, decodedBytes: STREAMING_BYTES };

/** What a decoder holds that goes through a picture row by row. */
const STREAMING_BYTES = 16 * 1024 * 1024;

async function askSharp(bytes: Uint8Array, format: string): Promise<PictureHeader | undefined> {
  try {
    const facts = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { width, height } = facts.autoOrient; // I2
    return { format, width, height, decodedBytes: decodedBytesOf(facts, format) };
  } catch {
    return undefined;
  }
}

const BYTES_OF_DEPTH: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2 };
/** A coefficient of a progressive JPEG. */
const COEFFICIENT_BYTES = 2;

/**
 * A plain JPEG or PNG streams. An interlaced or turned one, and every other format, is decoded as a whole; a progressive
 * JPEG keeps the coefficients of all its components until the last scan.
 */
function decodedBytesOf(facts: sharp.Metadata, format: string): number {
  const { width, height, channels, depth, isProgressive, chromaSubsampling, orientation = 1 } = facts;
  const pixels = width * height;
  if (format === 'jpeg') {
    const components = chromaSubsampling?.startsWith('4:2:0') === true ? 1.5 : channels;
    return STREAMING_BYTES + (isProgressive ? pixels * components * COEFFICIENT_BYTES : 0);
  }
  const isStreamed = format === 'png' && !isProgressive && orientation === 1;
  const perPixel = Math.max(channels, format === 'png' || format === 'tiff' ? 1 : 4) * (BYTES_OF_DEPTH[depth] ?? 4);
  return STREAMING_BYTES + (isStreamed ? 0 : pixels * perPixel);
}
