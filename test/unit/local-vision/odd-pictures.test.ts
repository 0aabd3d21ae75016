import sharp from 'sharp';
import { DecodeBudget } from '../../../packages/dev-vision/src/decode-budget';
import { ImageReader } from '../../../packages/dev-vision/src/image-reader';
import { withComment } from '../../../packages/dev-vision/src/jpeg-comments';
import { readPictureHeader } from '../../../packages/dev-vision/src/picture-header';
import { samplePixels } from '../../../packages/dev-vision/src/pixel-sample';
import { bitmap, HEIGHT, icon, iconOf, WIDTH } from '../../../packages/bench/src/bitmap-files';
import { pillowFile } from '../vision/pillow-files';

/** Guarantee: what the service takes, the stand-in reads: the right size and the right pixels, in bounded memory. */

const BLUE = [0, 0, 255];
const RED = [255, 0, 0];

/** The colours in the middle of each quarter, row by row. */
async function quarters(bytes: Uint8Array, format: string): Promise<readonly (readonly number[])[] | undefined> {
  const pixels = await samplePixels(bytes, format);
  if (pixels === undefined) return undefined;
  const { data, width, height } = pixels;
  return [0.25, 0.75].flatMap((down) =>
    [0.25, 0.75].map((along) => {
      const at = (Math.floor(height * down) * width + Math.floor(width * along)) * 3;
      return [...data.subarray(at, at + 3)];
    }),
  );
}

const FIELDS_565 = [0xf800, 0x7e0, 0x1f];
/** Red last: the other way round than without fields. */
const FIELDS_RGBA = [0xff, 0xff00, 0xff0000, 0xff000000];

describe('a bitmap', () => {
  it.each([
    ['of 1 bit', bitmap({ bits: 1 })],
    ['of 4 bits', bitmap({ bits: 4 })],
    ['of 8 bits', bitmap({ bits: 8 })],
    ['of 16 bits', bitmap({ bits: 16 })],
    ['of 24 bits', bitmap({ bits: 24 })],
    ['of 32 bits', bitmap({ bits: 32 })],
    ['of 16 bits with fields', bitmap({ bits: 16, compression: 'bitfields', masks: FIELDS_565 })],
    ['of 32 bits with fields', bitmap({ bits: 32, compression: 'bitfields', masks: FIELDS_RGBA })],
    ['with fields in its header', bitmap({ bits: 32, header: 124, compression: 'bitfields', masks: FIELDS_RGBA })],
    ['of 10 bits a channel', bitmap({ bits: 32, compression: 'bitfields', masks: [0x3ff00000, 0xffc00, 0x3ff] })],
    ['of runs of 8 bits', bitmap({ bits: 8, compression: 'rle8' })],
    ['of runs of 4 bits', bitmap({ bits: 4, compression: 'rle4' })],
    ['of OS/2 1.x with a palette', bitmap({ bits: 8, header: 12 })],
    ['of OS/2 1.x', bitmap({ bits: 24, header: 12 })],
    ['of OS/2 2.x', bitmap({ bits: 8, header: 64 })],
    ['from the top', bitmap({ bits: 24, isTopDown: true })],
  ])('%s', async (_name, bytes) => {
    expect(await readPictureHeader(bytes)).toMatchObject({ format: 'bmp', width: WIDTH, height: HEIGHT });
    expect(await quarters(bytes, 'bmp')).toEqual([BLUE, RED, BLUE, RED]);
  });

  it('is turned the right way up', async () => {
    for (const isTopDown of [false, true]) {
      const bytes = bitmap({ bits: 24, isTopDown });
      const rowBytes = WIDTH * 3;
      bytes.fill(0xff, 54, 54 + rowBytes * (HEIGHT / 2)); // the half that comes first in the file
      const white = [255, 255, 255];
      expect(await quarters(bytes, 'bmp')).toEqual(isTopDown ? [white, white, BLUE, RED] : [BLUE, RED, white, white]);
    }
  });

  it('may jump over pixels, spare its last padding, and end without saying so', async () => {
    const runs = bitmap({ bits: 8, compression: 'rle8' });
    expect(await quarters(runs.subarray(0, runs.length - 2), 'bmp')).toEqual([BLUE, RED, BLUE, RED]);
    const pixelsAt = runs.readUInt32LE(10);
    const jump = Buffer.from([0, 2, WIDTH / 2, 0, WIDTH / 2, 1, 0, 0]); // colour 0 where nothing is painted
    const jumping = Buffer.concat([
      runs.subarray(0, pixelsAt),
      ...Array<Buffer>(HEIGHT).fill(jump),
      Buffer.from([0, 1]),
    ]);
    expect(await quarters(jumping, 'bmp')).toEqual([BLUE, RED, BLUE, RED]);
    const literal = Buffer.from([0, WIDTH, ...Array<number>(50).fill(0), ...Array<number>(50).fill(1), 0, 0]);
    const literals = Buffer.concat([
      runs.subarray(0, pixelsAt),
      ...Array<Buffer>(HEIGHT).fill(literal),
      Buffer.from([0, 1]),
    ]);
    expect(await quarters(literals, 'bmp')).toEqual([BLUE, RED, BLUE, RED]);
  });

  it('cut off in the middle is none', async () => {
    for (const options of [{ bits: 1 }, { bits: 8, compression: 'rle8' }, { bits: 24 }] as const) {
      const bytes = bitmap(options);
      expect(await samplePixels(bytes.subarray(0, bytes.length - 100), 'bmp')).toBeUndefined();
    }
  });
});

describe('an icon', () => {
  it.each([1, 4, 8, 16, 24, 32] as const)('of %d bits', async (bits) => {
    const bytes = icon({ bits });
    expect(await readPictureHeader(bytes)).toMatchObject({ format: 'ico', width: WIDTH, height: HEIGHT });
    expect(await quarters(bytes, 'ico')).toEqual([BLUE, RED, BLUE, RED]);
  });

  it('is white where its mask hides it', async () => {
    const bytes = icon({ bits: 8 });
    bytes.fill(0xff, bytes.length - Math.ceil(WIDTH / 32) * 4 * HEIGHT);
    expect(await quarters(bytes, 'ico')).toEqual(Array(4).fill([255, 255, 255]));
  });

  it('with a PNG in it, by another encoder and larger than its directory can say', async () => {
    expect(await readPictureHeader(pillowFile('ico-png'))).toMatchObject({ format: 'ico', width: 256, height: 256 });
    expect((await quarters(pillowFile('ico-png'), 'ico'))?.[1]?.[0]).toBeGreaterThan(150);
    const png = await sharp({ create: { width: 600, height: 400, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    const bytes = iconOf(png, 0, 0);
    expect(await readPictureHeader(bytes)).toMatchObject({ format: 'ico', width: 600, height: 400 });
    expect(await quarters(bytes, 'ico')).toEqual(Array(4).fill(RED));
  });
});

describe('a picture turned by Exif', () => {
  it.each([1, 3, 6, 8])('%d has the size of the upright one', async (orientation) => {
    const image = sharp({ create: { width: 120, height: 60, channels: 3, background: '#369' } });
    const isTurned = orientation > 4;
    for (const bytes of [
      await image.clone().jpeg().withMetadata({ orientation }).toBuffer(),
      await image.clone().tiff().withMetadata({ orientation }).toBuffer(),
    ]) {
      expect(await readPictureHeader(bytes)).toMatchObject(
        isTurned ? { width: 60, height: 120 } : { width: 120, height: 60 },
      );
    }
  });
});

describe('a picture that comes again', () => {
  it.each([
    ['taken', 120],
    ['refused', 40],
  ])('is not looked at again, and is %s as before', async (_, side) => {
    const bytes = await sharp({ create: { width: side, height: side, channels: 3, background: '#0a0' } })
      .jpeg()
      .toBuffer();
    const reader = new ImageReader();
    const first = await reader.read(bytes, '3.2');
    expect('refusal' in first).toBe(side < 50);
    expect(await reader.read(withComment(bytes, 'another copy'), '3.2')).toBe(first);
  });
});

describe('decoding', () => {
  const noise = (width: number, height: number, mean: number): sharp.Sharp =>
    sharp({ create: { width, height, channels: 3, background: '#000', noise: { type: 'gaussian', mean, sigma: 9 } } });

  it('is known to need the whole picture where it is interlaced, progressive or turned', async () => {
    const cost = async (bytes: Buffer): Promise<number> => (await readPictureHeader(bytes))?.decodedBytes ?? 0;
    const image = noise(800, 500, 90);
    const whole = 800 * 500 * 3;
    const plain = await cost(await image.clone().png().toBuffer());
    expect(await cost(await image.clone().jpeg().toBuffer())).toBe(plain);
    expect(await cost(await image.clone().png({ progressive: true }).toBuffer())).toBe(plain + whole);
    expect(await cost(await image.clone().png().withMetadata({ orientation: 6 }).toBuffer())).toBe(plain + whole);
    expect(await cost(await image.clone().jpeg({ progressive: true }).toBuffer())).toBe(plain + whole);
    expect(await cost(await image.clone().webp().toBuffer())).toBeGreaterThanOrEqual(plain + whole);
  });

  it('of many pictures at once stays within the budget, and all are answered', async () => {
    const pictures = await Promise.all(
      [60, 90, 120, 150].map((mean) => noise(800, 500, mean).png({ progressive: true }).toBuffer()),
    );
    const each = (await readPictureHeader(pictures[0] as Buffer))?.decodedBytes ?? 0;
    const held: number[] = [];
    class WatchedBudget extends DecodeBudget {
      private now = 0;
      override within<T>(bytes: number, work: () => Promise<T>): Promise<T> {
        return super.within(bytes, async () => {
          this.now += bytes;
          held.push(this.now);
          return work().finally(() => {
            this.now -= bytes;
          });
        });
      }
    }
    const reader = new ImageReader(new WatchedBudget(2 * each));
    const answers = await Promise.all(pictures.map((bytes) => reader.read(bytes, '3.2')));
    for (const answer of answers) expect(answer).toMatchObject({ header: { width: 800, height: 500 } });
    expect(held).toHaveLength(4);
    expect(Math.max(...held)).toBe(2 * each);
  });

  it('of what no budget holds is refused before it begins, by its size', async () => {
    const bytes = await noise(800, 500, 90).png({ progressive: true }).toBuffer();
    const answer = await new ImageReader(new DecodeBudget(17_000_000)).read(bytes, '3.2');
    expect(answer).toMatchObject({
      refusal: { status: 400, body: { error: { innererror: { code: 'InvalidImageSize' } } } },
    });
  });

  it('lets nobody overtake, and gives back what failed work held', async () => {
    const budget = new DecodeBudget(10);
    const order: string[] = [];
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = budget.within(6, () => gate);
    const large = budget.within(10, async () => void order.push('large'));
    const failing = budget.within(10, () => {
      order.push('failing');
      return Promise.reject(new Error('damaged'));
    });
    const small = budget.within(1, async () => void order.push('small'));
    release();
    await Promise.all([first, large, expect(failing).rejects.toThrow('damaged'), small]);
    expect(order).toEqual(['large', 'failing', 'small']);
    await expect(budget.within(11, async () => undefined)).rejects.toThrow(RangeError);
  });
});
