import type { Image } from '../api/documents';
import type { Output } from '../output';
import { bytes, time } from '../text/quantities';
import { pairLines } from '@contactsheet/terminal';

/** One image as text. */
export function imageLines(image: Image, { width }: Pick<Output, 'width'>): string[] {
  const { analysis, error, analyzer } = image;
  const size = analysis?.metadata;
  return pairLines(
    [
      ['blob', image.blob],
      ['container', image.container],
      ['status', image.status],
      ['reason', image.reason],
      ['error', error && `${error.code} (${error.stage}): ${error.message}`],
      ['caption', captionOf(image)],
      ['tags', analysis?.tags?.map(({ name, confidence }) => `${name} ${confidence.toFixed(2)}`).join(', ')],
      ['categories', analysis?.categories?.map(({ name }) => name).join(', ')],
      ['colours', analysis?.color?.dominantColors?.join(', ')],
      ['objects', analysis?.objects?.map(({ object }) => object).join(', ')],
      ['text', analysis?.text?.join(' / ')],
      ['crops', analysis?.smartCrops?.map(cropText).join(', ')],
      ['size', `${bytes(image.sizeBytes)}${size ? `, ${size.width} x ${size.height}` : ''}`],
      ['type', image.contentType],
      [
        'analyser',
        analyzer && `${analyzer.provider} ${analyzer.version}: ${analyzer.features.join(', ') || 'nothing yet'}`,
      ],
      ['source', image.source],
      ['analysed', image.analyzedAt && time(image.analyzedAt)],
      ['run', image.runId],
      [
        'attempts',
        image.attempts
          ?.map(({ stage, httpStatus, code }) => [stage, httpStatus, code].filter(Boolean).join(' '))
          .join(', '),
      ],
    ],
    width,
  );
}

type Crop = NonNullable<NonNullable<Image['analysis']>['smartCrops']>[number];

/** Such as `1.33: 760 x 571 at 54, 0`: pixels, from the upper left corner. */
function cropText({ aspectRatio, rectangle: { x, y, w, h } }: Crop): string {
  return `${aspectRatio.toFixed(2)}: ${w} x ${h} at ${x}, ${y}`;
}

function captionOf({ analysis }: Image): string | undefined {
  return analysis?.description?.captions[0]?.text;
}
