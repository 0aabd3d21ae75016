import sharp from 'sharp';
import { withComment } from '@contactsheet/dev-vision';

/** Different pictures that the files are made of; each file differs by a comment, so all have bytes of their own. */
const PICTURES = 50;

let made: Promise<readonly Uint8Array[]> | undefined;

/** A source of small JPEGs (64 x 64 pixels, 1 to 2 KB), each with bytes of its own. */
export async function createPictures(seed: string): Promise<(n: number) => Uint8Array> {
  made ??= Promise.all(Array.from({ length: PICTURES }, (_, i) => picture(i)));
  const pictures = await made;
  return (n) => withComment(pictures[n % PICTURES] as Uint8Array, `contactsheet ${seed} ${n}`);
}

function picture(i: number): Promise<Uint8Array> {
  const side = 64;
  const pixels = Buffer.alloc(side * side * 3);
  for (let p = 0; p < side * side; p++) {
    const [x, y] = [p % side, Math.floor(p / side)];
    pixels[p * 3] = (x * 4 + i * 37) & 255;
    pixels[p * 3 + 1] = (y * 4 + i * 91) & 255;
    pixels[p * 3 + 2] = ((x ^ y) * 3 + i * 13) & 255;
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 70 })
    .toBuffer();
}
