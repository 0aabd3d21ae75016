import type { StoredSize } from './stored-size';

/**
 * What the first directory of a TIFF or BigTIFF says, and whether the file is the raw data of a camera.
 *
 * I1 Looks at MAX_DIRECTORIES directories with MAX_ENTRIES entries each at most: no file makes it run long.
 * I2 A raw file is a TIFF to its first bytes (CR2, NEF, ARW, DNG, PEF) and no picture to a reader of pictures. It is
 *    called raw only for what no picture has: mosaic or linear sensor data, a maker's own coding, the version of DNG.
 *
 * Sources: TIFF 6.0; BigTIFF as in libtiff; Adobe DNG 1.7 (tags 50706, 32803, 34892).
 */
export interface TiffFacts {
  readonly isRaw: boolean;
  readonly size: StoredSize;
}

const MAX_DIRECTORIES = 12;
const MAX_ENTRIES = 512;

const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  compression: 259,
  photometric: 262,
  subDirectories: 330,
  dng: 50706,
};
/** Colour filter array, and linear raw. */
const RAW_PHOTOMETRIC = new Set([32803, 34892]);
/** Sony, Nikon, Kodak (twice), Pentax. */
const RAW_COMPRESSION = new Set([32767, 34713, 32867, 65000, 65535]);

/** `bytes` begin with the signature of a TIFF or BigTIFF. */
export function readTiff(bytes: Uint8Array): TiffFacts {
  const file = new TiffFile(bytes);
  const first = file.directoryAt(file.firstDirectoryAt());
  if (first === undefined) return { isRaw: false, size: 'cut' };
  return { isRaw: isCanonRaw(bytes) || isRaw(file, first), size: sizeOf(first) };
}

/** CR2 says so in its header; its directories look like a JPEG's. */
const isCanonRaw = (bytes: Uint8Array): boolean => bytes[8] === 0x43 && bytes[9] === 0x52 && bytes[10] === 2;

function isRaw(file: TiffFile, first: Directory): boolean {
  const directories: Directory[] = [first];
  for (let index = 0; index < directories.length && directories.length < MAX_DIRECTORIES; index += 1) {
    const { tags, next } = directories[index] as Directory;
    for (const at of [...(tags.get(TAG.subDirectories) ?? []), next]) {
      const another = at > 0 ? file.directoryAt(at) : undefined;
      if (another) directories.push(another);
    }
  }
  return directories.some(
    ({ tags }) =>
      tags.has(TAG.dng) ||
      RAW_PHOTOMETRIC.has(tags.get(TAG.photometric)?.[0] ?? 0) ||
      RAW_COMPRESSION.has(tags.get(TAG.compression)?.[0] ?? 0),
  );
}

/** A first page that calls itself a reduced copy does not tell the size of the picture. */
function sizeOf({ tags }: Directory): StoredSize {
  const [width, height] = [tags.get(TAG.width)?.[0], tags.get(TAG.height)?.[0]];
  const isReduced = ((tags.get(TAG.subfileType)?.[0] ?? 0) & 1) === 1;
  return width === undefined || height === undefined || isReduced ? 'unknown' : { width, height };
}

interface Directory {
  /** The whole numbers of the tags asked for. */
  readonly tags: ReadonlyMap<number, readonly number[]>;
  /** Where the next directory is, 0 for none. */
  readonly next: number;
}

const ASKED_TAGS = new Set(Object.values(TAG));
/** BYTE, SHORT, LONG, IFD, LONG8, IFD8. */
const BYTES_OF_TYPE: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };
const MAX_VALUES = 8;

class TiffFile {
  private readonly view: DataView;
  private readonly isLittle: boolean;
  private readonly isBig: boolean;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.isLittle = bytes[0] === 0x49;
    this.isBig = (this.number(2, 2) ?? 0) === 43;
  }

  firstDirectoryAt(): number {
    return (this.isBig ? this.number(8, 8) : this.number(4, 4)) ?? Number.MAX_SAFE_INTEGER;
  }

  /** Undefined when it is not in the file as a whole. */
  directoryAt(at: number): Directory | undefined {
    const [countBytes, entryBytes, pointerBytes] = this.isBig ? [8, 20, 8] : [2, 12, 4];
    const count = this.number(at, countBytes);
    if (count === undefined) return undefined;
    const tags = new Map<number, readonly number[]>();
    for (let index = 0; index < Math.min(count, MAX_ENTRIES); index += 1) {
      const entryAt = at + countBytes + index * entryBytes;
      const tag = this.number(entryAt, 2);
      if (tag === undefined) return undefined;
      if (ASKED_TAGS.has(tag)) tags.set(tag, this.valuesAt(entryAt + 2, pointerBytes));
    }
    return { tags, next: this.number(at + countBytes + count * entryBytes, pointerBytes) ?? 0 };
  }

  /** From the type of an entry on: type, count, then the values themselves or where they are. */
  private valuesAt(at: number, pointerBytes: number): readonly number[] {
    const [type, count] = [this.number(at, 2) ?? 0, this.number(at + 2, pointerBytes) ?? 0];
    const valueBytes = BYTES_OF_TYPE[type];
    if (valueBytes === undefined) return [];
    const inlineAt = at + 2 + pointerBytes;
    const from = count * valueBytes <= pointerBytes ? inlineAt : (this.number(inlineAt, pointerBytes) ?? 0);
    return Array.from({ length: Math.min(count, MAX_VALUES) }, (_, index) =>
      this.number(from + index * valueBytes, valueBytes),
    ).filter((value) => value !== undefined);
  }

  private number(at: number, bytes: number): number | undefined {
    if (!(at >= 0 && at + bytes <= this.view.byteLength)) return undefined;
    switch (bytes) {
      case 1:
        return this.view.getUint8(at);
      case 2:
        return this.view.getUint16(at, this.isLittle);
      case 4:
        return this.view.getUint32(at, this.isLittle);
      default:
        return Number(this.view.getBigUint64(at, this.isLittle));
    }
  }
}
