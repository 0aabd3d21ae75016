/** TIFF files of directories without pixels, as little or big ones, in either order of bytes. */
export interface Page {
  readonly width: number;
  readonly height: number;
  /** More tags, each with one number of 32 bits. */
  readonly extra?: readonly (readonly [tag: number, value: number])[];
}

export interface Layout {
  readonly isLittle?: boolean;
  readonly isBig?: boolean;
  /** 3 for 16 bits, 4 for 32, 16 for 64. */
  readonly sideType?: 3 | 4 | 16;
  /** With the mark of a CR2. */
  readonly isCanon?: boolean;
  readonly subDirectories?: readonly Page[];
}

export const directory = (page: Page): Page => page;

export function tiff(page: Page, layout: Layout = {}): Buffer {
  const { isLittle = true, isBig = false, isCanon = false, subDirectories = [] } = layout;
  const head = Buffer.alloc(16);
  head.write(isLittle ? 'II' : 'MM', 0, 'latin1');
  put(head, 2, 2, isBig ? 43 : 42, isLittle);
  if (isBig) {
    put(head, 4, 2, 8, isLittle);
    put(head, 8, 8, 16, isLittle);
  } else {
    put(head, 4, 4, 16, isLittle);
    if (isCanon) head.set([0x43, 0x52, 2, 0], 8);
  }
  const extra = subDirectories.length > 0 ? [...(page.extra ?? []), [330, 0] as const] : (page.extra ?? []);
  const first = pageBytes({ ...page, extra }, layout);
  const subs = subDirectories.map((sub) => pageBytes(sub, layout));
  if (subs.length > 0) {
    // The last entry of the first directory holds where the one directory below it is.
    const valueAt = first.length - (isBig ? 8 : 4) - (isBig ? 8 : 4);
    put(first, valueAt, isBig ? 8 : 4, head.length + first.length, isLittle);
  }
  return Buffer.concat([head, first, ...subs]);
}

function pageBytes(page: Page, { isLittle = true, isBig = false, sideType = 3 }: Layout): Buffer {
  const entries = [[256, page.width, sideType] as const, [257, page.height, sideType] as const].concat(
    (page.extra ?? []).map(([tag, value]) => [tag, value, 4] as never),
  );
  const [countBytes, entryBytes, pointerBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const bytes = Buffer.alloc(countBytes + entries.length * entryBytes + pointerBytes);
  put(bytes, 0, countBytes, entries.length, isLittle);
  entries.forEach(([tag, value, type], index) => {
    const at = countBytes + index * entryBytes;
    put(bytes, at, 2, tag, isLittle);
    put(bytes, at + 2, 2, type, isLittle);
    put(bytes, at + 4, pointerBytes, 1, isLittle);
    put(bytes, at + 4 + pointerBytes, type === 3 ? 2 : type === 4 ? 4 : 8, value, isLittle);
  });
  return bytes;
}

function put(bytes: Buffer, at: number, size: number, value: number, isLittle: boolean): void {
  if (size === 8) {
    if (isLittle) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeBigUInt64BE(BigInt(value), at);
  } else if (isLittle) bytes.writeUIntLE(value, at, size);
  else bytes.writeUIntBE(value, at, size);
}
