import { createHash } from 'node:crypto';
import { DecodeBudget } from './decode-budget';
import { factsOf, type ImageFacts } from './image-facts';
import { withoutComments } from './jpeg-comments';
import { formatOf, type PictureHeader, readPictureHeader } from './picture-header';
import { measurePixels } from './pixel-measures';
import { samplePixels } from './pixel-sample';
import { invalidBodySize40, invalidRequest, type ServiceAnswer } from './service-answer';
import { type ApiVersion, MAX_SIDE_PIXELS, MIN_SIDE_PIXELS, SERVICE_LIMITS } from './service-limits';

/**
 * Looks at the bytes of an image once: refuses them as the service would, or measures them.
 *
 * I1 What was found of the last REMEMBERED pictures is kept by what holds their pixels (comments left out): a repeated
 *    picture costs no decoding, not even of its header. Calls are counted elsewhere, by content hash, and never spared.
 * I2 Decoding happens within a budget of memory, whoever asks: four pictures of 0.9 MB once took 3.67 GB.
 */
export interface ReadImage {
  readonly header: PictureHeader;
  readonly facts: ImageFacts;
}

export interface Refused {
  readonly refusal: ServiceAnswer;
}

/** About 2 KB each. */
const REMEMBERED = 2000;
/** The largest picture that Vision takes, in full colours. One of 16 bits a channel may need more, and is refused. */
const MAX_DECODED_BYTES = MAX_SIDE_PIXELS * MAX_SIDE_PIXELS * 3 + 32 * 1024 * 1024;

export class ImageReader {
  private readonly remembered = new Map<string, Promise<ReadImage | Refused>>();

  constructor(private readonly budget: DecodeBudget = new DecodeBudget(MAX_DECODED_BYTES)) {}

  async read(bytes: Uint8Array, apiVersion: ApiVersion): Promise<ReadImage | Refused> {
    const limits = SERVICE_LIMITS[apiVersion];
    if (bytes.length === 0 || bytes.length > limits.maxBytes) return { refusal: invalidBodySize(apiVersion) };
    const format = formatOf(bytes);
    if (format === undefined || !limits.formats.has(format)) return { refusal: unreadable };
    return this.remember(pictureHash(bytes, format), () => this.look(bytes));
  }

  private async look(bytes: Uint8Array): Promise<ReadImage | Refused> {
    const header = await readPictureHeader(bytes);
    if (header === undefined) return { refusal: unreadable };
    const refusal = refusalOfSides(header) ?? this.refusalOfMemory(header);
    if (refusal !== undefined) return { refusal };
    const image = await this.budget.within(header.decodedBytes, () => measure(bytes, header));
    return image ?? { refusal: unreadable };
  }

  private refusalOfMemory({ decodedBytes }: PictureHeader): ServiceAnswer | undefined {
    if (decodedBytes <= this.budget.totalBytes) return undefined;
    return invalidRequest(
      'InvalidImageSize',
      `Decoding the image takes ${decodedBytes} bytes at once; this stand-in takes ${this.budget.totalBytes} at most.`,
    );
  }

  private remember(hash: string, make: () => Promise<ReadImage | Refused>): Promise<ReadImage | Refused> {
    const known = this.remembered.get(hash);
    this.remembered.delete(hash); // set again below: a Map keeps the order of insertion, so the first is the oldest
    const image = known ?? make();
    this.remembered.set(hash, image);
    if (this.remembered.size > REMEMBERED) {
      const [oldest] = this.remembered.keys();
      if (oldest !== undefined) this.remembered.delete(oldest);
    }
    return image;
  }
}

/** Equal for files that differ in the comments between their first JPEG segments only. */
function pictureHash(bytes: Uint8Array, format: string): string {
  const picture = format === 'jpeg' ? withoutComments(bytes) : [bytes];
  return picture.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
}

async function measure(bytes: Uint8Array, header: PictureHeader): Promise<ReadImage | undefined> {
  const sample = await samplePixels(bytes, header.format);
  return sample === undefined ? undefined : { header, facts: factsOf(measurePixels(sample), sample) };
}

const unreadable = invalidRequest('InvalidImageFormat', 'Input data is not a valid image.');

export const invalidBodySize = (apiVersion: ApiVersion): ServiceAnswer =>
  apiVersion === '4.0'
    ? invalidBodySize40
    : invalidRequest('InvalidImageSize', 'Input image is too large or empty: it must be less than 4 MB.');

function refusalOfSides({ width, height }: PictureHeader): ServiceAnswer | undefined {
  if (Math.min(width, height) < MIN_SIDE_PIXELS) {
    return invalidRequest('InvalidImageSize', 'Input image is too small: both sides must be at least 50 pixels.');
  }
  if (Math.max(width, height) > MAX_SIDE_PIXELS) {
    return invalidRequest('InvalidImageSize', 'Input image is too large: no side may exceed 16000 pixels.');
  }
  return undefined;
}
