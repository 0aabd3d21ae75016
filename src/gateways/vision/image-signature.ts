/**
 * Names a format by its first bytes, whatever the file is called.
 *
 * I1 A format that some Vision takes is named `jpeg`, `png`, `gif`, `bmp`, `webp`, `ico` or `tiff`; every other picture
 *    that people keep is named too, so that they are told to convert it and not that it is no picture.
 * I2 A text is none of them, whatever letters it begins with: a short signature has a second condition.
 */

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

/**
 * Brands of the still-picture files that are made like an MP4 (ISO/IEC 14496-12 and 23008-12, the registry of mp4ra.org).
 * `crx ` is Canon's raw format CR3.
 */
const PICTURE_BRANDS: Readonly<Record<string, string>> = {
  ...named('avif', 'avif avis avio'),
  ...named('heic', 'heic heix heim heis hevc hevx hevm hevs MiHB MiHE'),
  ...named('heif', 'mif1 mif2 mif3 msf1 miaf 1pic pred avci avcs vvic vvis evbi evmi j2ki j2is jpeg jpgs'),
  ...named('raw', 'crx_'),
};

function named(format: string, brands: string): Readonly<Record<string, string>> {
  return Object.fromEntries(brands.split(' ').map((brand) => [brand.replace('_', ' '), format]));
}

/** A `ftyp` box has a dozen brands at most. */
const MAX_FTYP_BYTES = 256;
/** How far into a text an `<svg` root may hide behind an XML declaration and comments. */
const SVG_LOOKAHEAD_BYTES = 4096;

interface Signature {
  readonly format: string;
  matches(bytes: Uint8Array): boolean;
}

const startsWith =
  (...prefix: readonly number[]) =>
  (bytes: Uint8Array): boolean =>
    bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);

const says =
  (text: string, at = 0) =>
  (bytes: Uint8Array): boolean =>
    ascii(bytes, at, at + text.length) === text;

const SIGNATURES: readonly Signature[] = [
  { format: 'jpeg', matches: startsWith(0xff, 0xd8, 0xff) },
  { format: 'png', matches: startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) },
  { format: 'gif', matches: (bytes) => /^GIF8[79]a$/.test(ascii(bytes, 0, 6)) },
  { format: 'webp', matches: (bytes) => says('RIFF')(bytes) && says('WEBP', 8)(bytes) },
  { format: 'tiff', matches: startsWith(0x49, 0x49, 0x2a, 0x00) },
  { format: 'tiff', matches: startsWith(0x4d, 0x4d, 0x00, 0x2a) },
  { format: 'tiff', matches: startsWith(0x49, 0x49, 0x2b, 0x00, 8, 0) }, // BigTIFF, with the size of its pointers
  { format: 'tiff', matches: startsWith(0x4d, 0x4d, 0x00, 0x2b, 0, 8) },
  { format: 'bmp', matches: (bytes) => says('BM')(bytes) && hasBitmapHeader(bytes, 14) },
  { format: 'bmp-array', matches: (bytes) => says('BA')(bytes) && says('BM', 14)(bytes) && hasBitmapHeader(bytes, 28) },
  { format: 'ico', matches: (bytes) => startsWith(0, 0, 1, 0)(bytes) && hasIconEntry(bytes) },
  { format: 'cur', matches: (bytes) => startsWith(0, 0, 2, 0)(bytes) && (bytes[4] ?? 0) > 0 && bytes.length >= 22 },
  { format: 'psd', matches: says('8BPS') },
  { format: 'jp2', matches: startsWith(0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20) },
  { format: 'jp2', matches: startsWith(0xff, 0x4f, 0xff, 0x51) },
  { format: 'jxl', matches: startsWith(0xff, 0x0a) },
  { format: 'jxl', matches: startsWith(0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20) },
  { format: 'jxr', matches: startsWith(0x49, 0x49, 0xbc) },
  { format: 'pdf', matches: says('%PDF-') },
  { format: 'postscript', matches: says('%!PS-') },
  { format: 'postscript', matches: startsWith(0xc5, 0xd0, 0xd3, 0xc6) },
  { format: 'raw', matches: (bytes) => /^(IIU\0|IIR[OS]|MMOR|\0MRM|FOVb)$/.test(ascii(bytes, 0, 4)) },
  { format: 'raw', matches: says('FUJIFILMCCD-RAW') },
  { format: 'raw', matches: says('HEAPCCDR', 6) },
  { format: 'exr', matches: startsWith(0x76, 0x2f, 0x31, 0x01) },
  { format: 'hdr', matches: says('#?RADIANCE') },
  { format: 'dds', matches: startsWith(0x44, 0x44, 0x53, 0x20, 124, 0, 0, 0) },
  { format: 'qoi', matches: (bytes) => says('qoif')(bytes) && (bytes[12] === 3 || bytes[12] === 4) },
  { format: 'xcf', matches: says('gimp xcf ') },
  { format: 'icns', matches: (bytes) => says('icns')(bytes) && (bytes[4] ?? 0xff) < 4 },
  { format: 'djvu', matches: says('AT&TFORM') },
  { format: 'dicom', matches: says('DICM', 128) },
  { format: 'wmf', matches: startsWith(0xd7, 0xcd, 0xc6, 0x9a) },
  { format: 'emf', matches: (bytes) => startsWith(1, 0, 0, 0)(bytes) && says(' EMF', 40)(bytes) },
  { format: 'pnm', matches: (bytes) => /^P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s/.test(ascii(bytes, 0, 256)) },
  { format: 'svg', matches: isSvg },
];

/** Returns the format in lower case, or undefined for what is no picture. */
export function readSignature(bytes: Uint8Array): string | undefined {
  if (says('ftyp', 4)(bytes)) return readBrand(bytes);
  return SIGNATURES.find((signature) => signature.matches(bytes))?.format;
}

/** The major brand, or the first compatible one that is known: makers put a brand of their own first. */
function readBrand(bytes: Uint8Array): string | undefined {
  const sizeBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  const end = Math.min(sizeBytes, MAX_FTYP_BYTES, bytes.length);
  const major = PICTURE_BRANDS[ascii(bytes, 8, 12)];
  for (let at = 16; major === undefined && at + 4 <= end; at += 4) {
    const brand = ascii(bytes, at, at + 4);
    if (Object.hasOwn(PICTURE_BRANDS, brand)) return PICTURE_BRANDS[brand];
  }
  return major;
}

/** A text that begins with "BM" has four letters here, and so a number of hundreds of millions. */
function hasBitmapHeader(bytes: Uint8Array, at: number): boolean {
  if (bytes.length < at + 12) return false;
  const sizeBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
  return sizeBytes >= 12 && sizeBytes < 1024;
}

/** At least one picture, of a depth that pictures have. Byte 9 is reserved and often not 0, so it says nothing. */
function hasIconEntry(bytes: Uint8Array): boolean {
  if (bytes.length < 22) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint16(4, true) > 0 && [0, 1, 2, 4, 8, 16, 24, 32].includes(view.getUint16(12, true));
}

function isSvg(bytes: Uint8Array): boolean {
  const head = ascii(bytes, 0, SVG_LOOKAHEAD_BYTES).replace(/^\u00ef\u00bb\u00bf/, '');
  return head.trimStart().startsWith('<') && /<svg[\s>]/i.test(head) && !/<(html|body)[\s>]/i.test(head);
}
