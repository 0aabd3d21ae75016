/**
 * Names a format by its first bytes, whatever the file is called.
 *
 * Our own list and not the one of `image-size`: that one takes anything that begins with two zero bytes for a TGA, any
 * text that begins with "BM" for a bitmap, and runs a regular expression over the file to find an SVG.
 */

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

/** Sizes of the second BMP header, the only ones there are: a text that begins with "BM" has another number here. */
const BMP_HEADER_SIZES = new Set([12, 40, 52, 56, 64, 108, 124]);

const HEIF_BRANDS: Readonly<Record<string, string>> = {
  avif: 'avif',
  avis: 'avif',
  heic: 'heic',
  heix: 'heic',
  hevc: 'heic',
  hevx: 'heic',
  mif1: 'heif',
  msf1: 'heif',
};

/** How far into a text an `<svg` root may hide behind an XML declaration and comments. */
const SVG_LOOKAHEAD_BYTES = 1024;

interface Signature {
  readonly format: string;
  matches(bytes: Uint8Array): boolean;
}

const startsWith =
  (...prefix: readonly number[]) =>
  (bytes: Uint8Array): boolean =>
    bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);

const SIGNATURES: readonly Signature[] = [
  { format: 'jpeg', matches: startsWith(0xff, 0xd8, 0xff) },
  { format: 'png', matches: startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) },
  { format: 'gif', matches: (bytes) => /^GIF8[79]a$/.test(ascii(bytes, 0, 6)) },
  { format: 'webp', matches: (bytes) => ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP' },
  { format: 'tiff', matches: startsWith(0x49, 0x49, 0x2a, 0x00) },
  { format: 'tiff', matches: startsWith(0x4d, 0x4d, 0x00, 0x2a) },
  { format: 'bmp', matches: isBmp },
  { format: 'ico', matches: (bytes) => startsWith(0, 0, 1, 0)(bytes) && (bytes[4] ?? 0) > 0 && bytes[9] === 0 },
  { format: 'psd', matches: (bytes) => ascii(bytes, 0, 4) === '8BPS' },
  { format: 'jp2', matches: startsWith(0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20) },
  { format: 'jxl', matches: startsWith(0xff, 0x0a) },
  { format: 'jxl', matches: startsWith(0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20) },
  { format: 'bigtiff', matches: startsWith(0x49, 0x49, 0x2b, 0x00) },
  { format: 'bigtiff', matches: startsWith(0x4d, 0x4d, 0x00, 0x2b) },
  { format: 'svg', matches: isSvg },
];

/** Returns the format in lower case, or undefined for what is no picture. */
export function readSignature(bytes: Uint8Array): string | undefined {
  if (ascii(bytes, 4, 8) === 'ftyp') return HEIF_BRANDS[ascii(bytes, 8, 12)];
  return SIGNATURES.find((signature) => signature.matches(bytes))?.format;
}

function isBmp(bytes: Uint8Array): boolean {
  if (bytes.length < 26 || ascii(bytes, 0, 2) !== 'BM') return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return BMP_HEADER_SIZES.has(view.getUint32(14, true));
}

function isSvg(bytes: Uint8Array): boolean {
  const head = ascii(bytes, 0, SVG_LOOKAHEAD_BYTES).replace(/^\u00ef\u00bb\u00bf/, '');
  return head.trimStart().startsWith('<') && /<svg[\s>]/i.test(head);
}
