import * as fc from 'fast-check';
import sharp from 'sharp';
import { readImageHeader } from '../../../src/gateways/vision/image-header';

const blank = (width: number, height: number): sharp.Sharp =>
  sharp({ create: { width, height, channels: 3, background: '#336699' } });

function bitmap(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(54 + width * 4 * height);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(-height, 22);
  bytes.writeUInt16LE(32, 28);
  return bytes;
}

describe('readImageHeader', () => {
  it('reads format and size of every format Vision takes', async () => {
    const image = blank(123, 77);
    expect(readImageHeader(await image.clone().jpeg().toBuffer())).toEqual(of('jpeg'));
    expect(readImageHeader(await image.clone().jpeg({ progressive: true }).toBuffer())).toEqual(of('jpeg'));
    expect(readImageHeader(await image.clone().png().toBuffer())).toEqual(of('png'));
    expect(readImageHeader(await image.clone().gif().toBuffer())).toEqual(of('gif'));
    expect(readImageHeader(await image.clone().webp().toBuffer())).toEqual(of('webp'));
    expect(readImageHeader(await image.clone().webp({ lossless: true }).toBuffer())).toEqual(of('webp'));
    expect(readImageHeader(await image.clone().tiff().toBuffer())).toEqual(of('tiff'));
    expect(readImageHeader(bitmap(123, 77))).toEqual(of('bmp'));
    const icon = Buffer.from([0, 0, 1, 0, 1, 0, 123, 77, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 22, 0, 0, 0]);
    expect(readImageHeader(icon)).toEqual(of('ico'));
  });

  const of = (format: string) => ({ kind: 'image', format, width: 123, height: 77 });

  it('finds the frame behind a colour profile of 2 MB', async () => {
    const jpeg = await blank(600, 400).jpeg().toBuffer();
    const segment = Buffer.alloc(2 + 65_535);
    segment.writeUInt16BE(0xffe2, 0);
    segment.writeUInt16BE(65_535, 2);
    const padded = Buffer.concat([jpeg.subarray(0, 2), ...Array<Buffer>(32).fill(segment), jpeg.subarray(2)]);
    expect(readImageHeader(padded)).toEqual({ kind: 'image', format: 'jpeg', width: 600, height: 400 });
  });

  it('names what no Vision takes', async () => {
    expect(readImageHeader(Buffer.from('<?xml version="1.0"?>\n<svg width="9" height="9"></svg>'))).toEqual({
      kind: 'unsupported',
      format: 'svg',
    });
    expect(readImageHeader(await blank(64, 64).avif().toBuffer())).toEqual({ kind: 'unsupported', format: 'avif' });
    expect(readImageHeader(Buffer.from('8BPS\0\x01'))).toEqual({ kind: 'unsupported', format: 'psd' });
  });

  it('takes no text for an image, whatever it begins with', () => {
    for (const text of [
      '',
      'BMW sells cars',
      'GIF is a format',
      '<html><body>no</body></html>',
      '\0\0\0\0\0\0',
      'II*',
    ]) {
      expect(readImageHeader(Buffer.from(text))).toEqual({ kind: 'not-an-image' });
    }
  });

  it('calls an image whose size cannot be read corrupt', async () => {
    const png = await blank(64, 64).png().toBuffer();
    expect(readImageHeader(png.subarray(0, 12))).toEqual({ kind: 'corrupt' });
    const jpeg = await blank(64, 64).jpeg().toBuffer();
    expect(readImageHeader(jpeg.subarray(0, 30))).toEqual({ kind: 'corrupt' });
    expect(readImageHeader(Buffer.concat([jpeg.subarray(0, 20), Buffer.alloc(4_000_000, 0x41)]))).toEqual({
      kind: 'corrupt',
    });
  });

  it('reads nothing outside a view of a larger buffer', async () => {
    const png = await blank(64, 64).png().toBuffer();
    const around = Buffer.concat([Buffer.alloc(13, 0xff), png, Buffer.alloc(13, 0xff)]);
    expect(readImageHeader(around.subarray(13, 13 + png.length))).toMatchObject({ width: 64, height: 64 });
    expect(readImageHeader(around.subarray(13, 13 + 18))).toEqual({ kind: 'corrupt' });
  });

  it('takes milliseconds for 4 MB made to be slow', () => {
    const fill = Buffer.alloc(4_000_000, 0xff);
    const markers = Buffer.alloc(4_000_000);
    for (let at = 0; at < markers.length; at += 2) markers.writeUInt16BE(0xffd0, at);
    const startedAt = performance.now();
    for (const tail of [fill, markers, Buffer.alloc(4_000_000)]) {
      readImageHeader(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 2]), tail]));
    }
    readImageHeader(Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), Buffer.alloc(4_000_000, 1)]));
    readImageHeader(Buffer.from('<svg '.repeat(800_000)));
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });

  it('never throws, for any bytes behind any signature', () => {
    const signatures = [
      '',
      '\xff\xd8\xff',
      '\x89PNG\r\n\x1a\n',
      'GIF89a',
      'RIFF....WEBPVP8 ',
      'RIFF....WEBPVP8X',
      'II*\0',
      'MM\0*',
      'II+\0\x08\0\0\0',
      'MM\0+\0\x08\0\0',
      '\0\0\0\x18ftypheim',
      'BM',
      '\0\0\x01\0',
    ];
    return fc.assert(
      fc.property(fc.constantFrom(...signatures), fc.uint8Array({ maxLength: 200 }), (signature, tail) => {
        const header = readImageHeader(Buffer.concat([Buffer.from(signature, 'latin1'), tail]));
        expect(['image', 'unknown-size', 'unsupported', 'not-an-image', 'corrupt']).toContain(header.kind);
        if (header.kind === 'image') expect(Math.min(header.width, header.height)).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });
});
