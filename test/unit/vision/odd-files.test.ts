import sharp from 'sharp';
import { checkEligibility } from '../../../src/domain/image/eligibility';
import { readImageHeader } from '../../../src/gateways/vision/image-header';
import { VISION_LIMITS } from '../../../src/gateways/vision/limits';
import { bitmap, icon, iconOf } from '../../../packages/bench/src/bitmap-files';
import { pillowFile } from './pillow-files';
import { directory, tiff } from './tiff-files';

/**
 * Guarantee: what some program writes and Vision may take is read with its true size, or sent without one; it is never
 * called damaged or no image. What no Vision takes is named, so that a person learns to convert it.
 */

const sized = (format: string, width = 100, height = 80) => ({ kind: 'image', format, width, height });
const picture = (width = 100, height = 80): sharp.Sharp =>
  sharp({ create: { width, height, channels: 3, background: '#336699' } });

describe('bitmaps', () => {
  it.each([
    ['OS/2 1.x, 24 bits', bitmap({ bits: 24, header: 12 })],
    ['OS/2 1.x, 8 bits', bitmap({ bits: 8, header: 12 })],
    ['OS/2 2.x, cut to 16 bytes', bitmap({ bits: 24, header: 16 })],
    ['OS/2 2.x', bitmap({ bits: 24, header: 64 })],
    ['1 bit', bitmap({ bits: 1 })],
    ['4 bits', bitmap({ bits: 4 })],
    ['8 bits', bitmap({ bits: 8 })],
    ['16 bits', bitmap({ bits: 16 })],
    ['16 bits with fields', bitmap({ bits: 16, compression: 'bitfields', masks: [0xf800, 0x7e0, 0x1f] })],
    ['32 bits', bitmap({ bits: 32 })],
    ['from the top', bitmap({ bits: 24, isTopDown: true })],
    ['runs of 8 bits', bitmap({ bits: 8, compression: 'rle8' })],
    ['runs of 4 bits', bitmap({ bits: 4, compression: 'rle4' })],
    ['header of version 4', bitmap({ bits: 24, header: 108 })],
    [
      'header of version 5',
      bitmap({ bits: 32, header: 124, compression: 'bitfields', masks: [0xff, 0xff00, 0xff0000] }),
    ],
  ])('%s', (_name, bytes) => {
    const header = readImageHeader(bytes);
    expect(header).toEqual(sized('bmp'));
    expect(checkEligibility(header, bytes.length, VISION_LIMITS['3.2'])).toBeUndefined();
  });

  it('in an array of OS/2 are sent without a size', () => {
    const array = Buffer.concat([
      Buffer.from('BA\x28\0\0\0\0\0\0\0\0\0\0\0', 'latin1'),
      bitmap({ bits: 24, header: 12 }),
    ]);
    expect(readImageHeader(array)).toEqual({ kind: 'unknown-size', format: 'bmp' });
  });
});

describe('icons', () => {
  it('have the size of their largest picture, 256 where the directory says 0', async () => {
    expect(readImageHeader(icon({ bits: 1 }))).toEqual(sized('ico'));
    expect(readImageHeader(icon({ bits: 32 }))).toEqual(sized('ico'));
    expect(readImageHeader(iconOf(Buffer.alloc(40), 256, 256))).toEqual(sized('ico', 256, 256));
    expect(readImageHeader(pillowFile('ico-png'))).toEqual(sized('ico', 256, 256));
  });

  it('have the size of the PNG in them, which may be larger than a directory can say', async () => {
    expect(readImageHeader(iconOf(await picture(512, 300).png().toBuffer(), 0, 0))).toEqual(sized('ico', 512, 300));
  });
});

describe('JPEG', () => {
  const segment = (marker: number, payload: Buffer): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(0xff00 | marker, 0);
    head.writeUInt16BE(payload.length + 2, 2);
    return Buffer.concat([head, payload]);
  };
  const withSegments = (jpeg: Buffer, ...parts: readonly Buffer[]): Buffer =>
    Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);

  it.each(['jpeg-progressive', 'jpeg-gray', 'jpeg-mpo'] as const)('%s', (name) => {
    expect(readImageHeader(pillowFile(name))).toEqual(sized('jpeg'));
  });

  it('of four inks', async () => {
    const bytes = await picture().toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    expect(readImageHeader(bytes)).toEqual(sized('jpeg'));
  });

  it('behind an Exif block with a preview, a hundred other segments, fill bytes and stray ones', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const preview = await picture(16, 12).jpeg().toBuffer();
    const exif = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), preview, Buffer.alloc(60_000)]));
    const others = Array<Buffer>(100).fill(segment(0xed, Buffer.alloc(3000, 0xd8)));
    expect(readImageHeader(withSegments(jpeg, exif, ...others))).toEqual(sized('jpeg'));
    expect(readImageHeader(withSegments(jpeg, Buffer.alloc(50, 0xff)))).toEqual(sized('jpeg'));
    const comment = segment(0xfe, Buffer.from('camera'));
    expect(readImageHeader(withSegments(jpeg, comment, Buffer.from('\0\0stray'), comment))).toEqual(sized('jpeg'));
  });

  it.each([
    ['lossless', 0xc3],
    ['extended', 0xc1],
    ['hierarchical', 0xc5],
    ['arithmetic', 0xc9],
    ['arithmetic and progressive', 0xca],
    ['JPEG-LS', 0xf7],
  ])('%s frames', (_name, marker) => {
    const frame = segment(marker, Buffer.from([8, 0, 80, 0, 100, 1, 1, 0x11, 0]));
    expect(readImageHeader(Buffer.concat([Buffer.from([0xff, 0xd8]), frame]))).toEqual(sized('jpeg'));
  });

  it('that tells its height behind the picture is sent without a size', () => {
    const frame = segment(0xc0, Buffer.from([8, 0, 0, 0, 100, 1, 1, 0x11, 0]));
    expect(readImageHeader(Buffer.concat([Buffer.from([0xff, 0xd8]), frame]))).toEqual({
      kind: 'unknown-size',
      format: 'jpeg',
    });
  });
});

describe('PNG, GIF and WebP', () => {
  it.each([
    ['png-animated', 'png'],
    ['png-16bit', 'png'],
    ['gif-animated', 'gif'],
    ['webp-lossy', 'webp'],
    ['webp-alpha', 'webp'],
    ['webp-animated', 'webp'],
  ] as const)('%s', (name, format) => {
    expect(readImageHeader(pillowFile(name))).toEqual(sized(format));
  });

  it('a PNG of Apple, whose first chunk is its own', async () => {
    const png = await picture().png().toBuffer();
    const chunk = Buffer.from([0, 0, 0, 4, 0x43, 0x67, 0x42, 0x49, 0x50, 0, 0x20, 2, 0x2b, 0xd5, 0xb3, 0x7f]);
    expect(readImageHeader(Buffer.concat([png.subarray(0, 8), chunk, png.subarray(8)]))).toEqual(sized('png'));
  });

  it('a GIF of 1987, and one whose screen has no size, which is sent', async () => {
    const gif = await picture().gif().toBuffer();
    gif.write('GIF87a', 0, 'latin1');
    expect(readImageHeader(gif)).toEqual(sized('gif'));
    gif.fill(0, 6, 10);
    expect(readImageHeader(gif)).toEqual({ kind: 'unknown-size', format: 'gif' });
  });

  it('a WebP with a chunk that we do not know is sent to the version that takes WebP', () => {
    const bytes = Buffer.concat([Buffer.from('RIFF\x1e\0\0\0WEBPVP9 ', 'latin1'), Buffer.alloc(30)]);
    const header = readImageHeader(bytes);
    expect(header).toEqual({ kind: 'unknown-size', format: 'webp' });
    expect(checkEligibility(header, bytes.length, VISION_LIMITS['4.0'])).toBeUndefined();
    expect(checkEligibility(header, bytes.length, VISION_LIMITS['3.2'])).toBe('unsupported-format');
  });
});

describe('TIFF', () => {
  it.each([
    ['of Pillow', pillowFile('tiff-deflate-big')],
    ['little-endian', tiff({ width: 100, height: 80 })],
    ['big-endian', tiff({ width: 100, height: 80 }, { isLittle: false })],
    ['with sides of 32 bits', tiff({ width: 100, height: 80 }, { sideType: 4 })],
    ['BigTIFF', tiff({ width: 100, height: 80 }, { isBig: true })],
    [
      'BigTIFF, big-endian, sides of 64 bits',
      tiff({ width: 100, height: 80 }, { isBig: true, isLittle: false, sideType: 16 }),
    ],
  ])('%s', (_name, bytes) => {
    expect(readImageHeader(bytes)).toEqual(sized('tiff'));
  });

  it('by sharp, with pyramid and tiles', async () => {
    const bytes = await picture(600, 400)
      .tiff({ pyramid: true, tile: true, tileWidth: 128, tileHeight: 128 })
      .toBuffer();
    expect(readImageHeader(bytes)).toEqual(sized('tiff', 600, 400));
  });

  it('whose first page is a reduced copy is sent without a size', () => {
    expect(readImageHeader(tiff({ width: 40, height: 30, extra: [[254, 1]] }))).toEqual({
      kind: 'unknown-size',
      format: 'tiff',
    });
  });

  it('cut before its directory is corrupt', () => {
    expect(readImageHeader(tiff({ width: 100, height: 80 }).subarray(0, 20))).toEqual({ kind: 'corrupt' });
  });
});

describe('what no Vision takes', () => {
  const ftyp = (major: string, ...compatible: readonly string[]): Buffer => {
    const box = Buffer.from(`....ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
    box.writeUInt32BE(box.length, 0);
    return Buffer.concat([box, Buffer.alloc(40)]);
  };
  const mosaic = directory({ width: 6000, height: 4000, extra: [[262, 32803]] });
  const preview = { width: 160, height: 120, extra: [[254, 1]] } as const;

  it.each([
    ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'].map((brand) => ['heic', ftyp(brand)] as const),
    ...['mif1', 'mif2', 'msf1', 'avci', 'jpeg'].map((brand) => ['heif', ftyp(brand)] as const),
    ['heic', ftyp('MSNV', 'mp42', 'heic')],
    ['avif', ftyp('avis')],
    ['avif', pillowFile('avif')],
    ['raw', ftyp('crx ', 'isom')],
    ['jp2', pillowFile('jp2')],
    ['jp2', Buffer.from([0xff, 0x4f, 0xff, 0x51, 0, 0x29])],
    ['jxl', Buffer.from([0xff, 0x0a, 0x7a, 0x43])],
    ['jxl', Buffer.from([0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20, 0x0d, 0x0a, 0x87, 0x0a])],
    ['jxr', Buffer.from([0x49, 0x49, 0xbc, 0x01, 0x08, 0, 0, 0])],
    ['psd', Buffer.from('8BPS\0\x02')],
    ['pdf', Buffer.from('%PDF-1.7\n')],
    ['postscript', Buffer.from('%!PS-Adobe-3.0 EPSF-3.0\n')],
    ['cur', Buffer.concat([Buffer.from([0, 0, 2, 0, 1, 0]), Buffer.alloc(16, 1)])],
    ['pnm', Buffer.from('P6\n# made by hand\n2 2\n255\n............')],
    ['svg', Buffer.from(`<?xml version="1.0"?><!-- ${'made by a program '.repeat(100)} --><svg width="9">`)],
    ['raw', tiff({ width: 5184, height: 3456 }, { isCanon: true })],
    ['raw', tiff({ width: 160, height: 120, extra: [[50706, 1]] })],
    ['raw', tiff({ width: 6000, height: 4000, extra: [[259, 34713]] })],
    ['raw', tiff(preview, { subDirectories: [mosaic] })],
    ['raw', tiff(preview, { subDirectories: [mosaic], isLittle: false })],
    ['raw', Buffer.from('FUJIFILMCCD-RAW 0201')],
    ['raw', Buffer.from('IIU\0\x18\0\0\0', 'latin1')],
  ] as const)('%s', (format, bytes) => {
    const header = readImageHeader(bytes);
    expect(header).toEqual({ kind: 'unsupported', format });
    expect(checkEligibility(header, bytes.length, VISION_LIMITS['4.0'])).toBe('unsupported-format');
  });

  it('takes neither a film nor a page nor a letter for a picture', () => {
    for (const bytes of [
      ftyp('isom', 'mp42'),
      ftyp('qt  '),
      Buffer.from('<!doctype html><html><body><svg width="9"></svg></body></html>'),
      Buffer.from('P1 is the first point of the agenda'),
      Buffer.from('BAM! BM is not a bitmap, and neither is this'),
      Buffer.from('qoif is a word'),
      Buffer.from('\0\0\x01\xba with a film behind it, long enough', 'latin1'),
    ]) {
      expect(readImageHeader(bytes)).toEqual({ kind: 'not-an-image' });
    }
  });
});
