import { pixelsOf, readDib } from './dib';

/** The pixels of a Windows or OS/2 bitmap. What it keeps in a fourth channel is no transparency to other readers. */
export interface RawPixels {
  /** Rows from the top, three bytes a pixel: red, green, blue. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const FILE_HEADER_BYTES = 14;

/** What the header says; undefined for what is none or is not read. */
export function readBitmapSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const dib = readDib(bytes, FILE_HEADER_BYTES);
  return dib && { width: dib.width, height: dib.height };
}

/** Keeps every nth pixel so that neither side exceeds `maxSide`. Returns undefined for what it cannot read. */
export function readBitmapFile(bytes: Uint8Array, maxSide: number): RawPixels | undefined {
  const dib = readDib(bytes, FILE_HEADER_BYTES);
  if (dib === undefined) return undefined;
  const step = stepFor(dib.width, dib.height, maxSide);
  const saidAt = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(10, true);
  const pixelsAt = saidAt === 0 ? dib.pixelsAt : saidAt;
  const pixelOf = pixelsOf(bytes, dib, { pixelsAt, height: dib.height, step });
  return pixelOf && sample(dib.width, dib.height, step, (x, y) => pixelOf(x, y));
}

export const stepFor = (width: number, height: number, maxSide: number): number =>
  Math.max(1, Math.ceil(Math.max(width, height) / maxSide));

export function sample(
  width: number,
  height: number,
  step: number,
  pixelOf: (x: number, y: number) => readonly number[],
): RawPixels {
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const data = new Uint8Array(columns * rows * 3);
  let to = 0;
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const pixel = pixelOf(x, y);
      data[to++] = pixel[0] ?? 0;
      data[to++] = pixel[1] ?? 0;
      data[to++] = pixel[2] ?? 0;
    }
  }
  return { data, width: columns, height: rows };
}
