/**
 * Reads the pixels of an uncompressed Windows bitmap of 24 or 32 bits, which is what cameras, scanners and drawing
 * programs write. Exists because sharp has no BMP reader. Palettes and run-length coding are answered like a damaged
 * file (`InvalidImageFormat`): the real service reads them, this stand-in does not, and says so on start.
 *
 * Source: BITMAPINFOHEADER, compression BI_RGB.
 */
export interface RawPixels {
  /** Rows from the top, three bytes a pixel: red, green, blue. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Keeps every nth pixel so that neither side exceeds `maxSide`. Returns undefined for what it cannot read. */
export function readBitmapFile(bytes: Uint8Array, maxSide: number): RawPixels | undefined {
  if (bytes.length < 54) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [dataAt, width, storedHeight] = [view.getUint32(10, true), view.getInt32(18, true), view.getInt32(22, true)];
  const [bitsPerPixel, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  if (compression !== 0 || (bitsPerPixel !== 24 && bitsPerPixel !== 32)) return undefined;
  const height = Math.abs(storedHeight);
  const bytesPerPixel = bitsPerPixel / 8;
  const rowBytes = Math.ceil((width * bytesPerPixel) / 4) * 4;
  if (width <= 0 || height === 0 || dataAt + rowBytes * height > bytes.length) return undefined;

  const step = Math.max(1, Math.ceil(Math.max(width, height) / maxSide));
  const [sampledWidth, sampledHeight] = [Math.ceil(width / step), Math.ceil(height / step)];
  const data = new Uint8Array(sampledWidth * sampledHeight * 3);
  let to = 0;
  for (let y = 0; y < height; y += step) {
    const row = storedHeight > 0 ? height - 1 - y : y; // positive: the last row comes first
    for (let x = 0; x < width; x += step) {
      const from = dataAt + row * rowBytes + x * bytesPerPixel;
      data[to++] = view.getUint8(from + 2);
      data[to++] = view.getUint8(from + 1);
      data[to++] = view.getUint8(from);
    }
  }
  return { data, width: sampledWidth, height: sampledHeight };
}

/** What the header says; undefined when there is none. */
export function readBitmapSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  if (bytes.length < 26) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isOs2 = view.getUint32(14, true) === 12; // BITMAPCOREHEADER: sides of 16 bits
  const width = isOs2 ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = isOs2 ? view.getUint16(20, true) : Math.abs(view.getInt32(22, true));
  return width > 0 && height > 0 ? { width, height } : undefined;
}
