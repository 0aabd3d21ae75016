import { createHash } from 'node:crypto';
import { checkEligibility, type ImageHeader } from 'contactsheet/setup';
import { readImageHeader } from 'contactsheet/setup';
import { VISION_LIMITS, type VisionApiVersion } from 'contactsheet/setup';
import { factsOf, type ImageFacts } from './image-facts';
import { withoutComments } from './jpeg-comments';
import { measurePixels } from './pixel-measures';
import { samplePixels } from './pixel-sample';
import { invalidBodySize40, invalidRequest, type ServiceAnswer } from './service-answer';

/**
 * Looks at the bytes of an image once: refuses them as the service would, or measures them.
 *
 * I1 The facts of the last REMEMBERED pictures are kept by what holds their pixels (comments left out): a repeated
 *    picture costs no measuring. Calls are counted elsewhere, by content hash, and never spared.
 */
export interface ReadImage {
  readonly header: Extract<ImageHeader, { kind: 'image' }>;
  readonly facts: ImageFacts;
}

/** About 2 KB each. */
const REMEMBERED = 2000;

export class ImageReader {
  private readonly remembered = new Map<string, Promise<ReadImage | undefined>>();

  async read(
    bytes: Uint8Array,
    apiVersion: VisionApiVersion,
  ): Promise<ReadImage | { readonly refusal: ServiceAnswer }> {
    const header = readImageHeader(bytes);
    const refusal = refusalOf(header, bytes.length, apiVersion);
    if (refusal !== undefined || header.kind !== 'image') return { refusal: refusal ?? unreadable };
    return (
      (await this.remember(pictureHash(bytes, header.format), () => measure(bytes, header))) ?? { refusal: unreadable }
    );
  }

  private remember(hash: string, make: () => Promise<ReadImage | undefined>): Promise<ReadImage | undefined> {
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

async function measure(bytes: Uint8Array, header: ReadImage['header']): Promise<ReadImage | undefined> {
  const sample = await samplePixels(bytes, header.format);
  return sample === undefined ? undefined : { header, facts: factsOf(measurePixels(sample), sample) };
}

const unreadable = invalidRequest('InvalidImageFormat', 'Input data is not a valid image.');

function refusalOf(header: ImageHeader, sizeBytes: number, apiVersion: VisionApiVersion): ServiceAnswer | undefined {
  switch (checkEligibility(header, sizeBytes, VISION_LIMITS[apiVersion])) {
    case undefined:
      return undefined;
    case 'empty':
    case 'too-large-bytes':
      return apiVersion === '4.0'
        ? invalidBodySize40
        : invalidRequest('InvalidImageSize', 'Input image is too large or empty: it must be less than 4 MB.');
    case 'too-small':
      return invalidRequest('InvalidImageSize', 'Input image is too small: both sides must be at least 50 pixels.');
    case 'too-large-pixels':
      return invalidRequest('InvalidImageSize', 'Input image is too large: no side may exceed 16000 pixels.');
    case 'unsupported-format':
    case 'not-an-image':
    case 'corrupt':
      return unreadable;
  }
}
