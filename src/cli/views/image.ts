import type { Image } from '../api/shapes';
import type { ListView } from '../output';
import { type Colors, paintStatus } from '../text/colors';
import { bytes, time } from '../text/quantities';
import { pairLines } from '../text/table';

/** Images as text. */

export function imagesView(colors: Colors): ListView<Image> {
  return {
    columns: [
      { title: 'STATUS', paint: (text, status) => paintStatus(colors, status, text) },
      { title: 'BLOB', shrinks: 'middle' },
      { title: 'CAPTION', shrinks: 'end' },
      { title: 'TAGS', shrinks: 'end' },
    ],
    row: (image) => [image.status, image.blob, captionOf(image) ?? whyNot(image), tagsOf(image)],
    empty: 'No images.',
  };
}

/** Images that failed: why, instead of what they show. */
export function failedImagesView(): ListView<Image> {
  return {
    columns: [
      { title: 'BLOB', shrinks: 'middle' },
      { title: 'STAGE' },
      { title: 'CODE', shrinks: 'end' },
      { title: 'HTTP', align: 'right', drops: 2 },
      { title: 'RETRY', drops: 1 },
      { title: 'MESSAGE', shrinks: 'end' },
    ],
    row: ({ blob, error, reason }) => [
      blob,
      error?.stage ?? '',
      error?.code ?? reason ?? '',
      error?.httpStatus === undefined ? '' : String(error.httpStatus),
      error === undefined ? '' : error.retryable ? 'worth it' : 'no use',
      error?.message ?? '',
    ],
    empty: 'No image failed.',
  };
}

export function imageLines(image: Image): string[] {
  const { analysis, error, analyzer } = image;
  const size = analysis?.metadata;
  return pairLines([
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
    ['size', `${bytes(image.sizeBytes)}${size ? `, ${size.width} x ${size.height}` : ''}`],
    ['type', image.contentType],
    ['analyser', analyzer && `${analyzer.provider} ${analyzer.version}: ${analyzer.features.join(', ')}`],
    ['source', image.source],
    ['analysed', image.analyzedAt && time(image.analyzedAt)],
    ['run', image.runId],
    [
      'attempts',
      image.attempts
        ?.map(({ stage, httpStatus, code }) => [stage, httpStatus, code].filter(Boolean).join(' '))
        .join(', '),
    ],
  ]);
}

function captionOf({ analysis }: Image): string | undefined {
  return analysis?.description?.captions[0]?.text;
}

function whyNot({ reason, error }: Image): string {
  const why = reason ?? error?.code;
  return why === undefined ? '' : `(${why})`;
}

function tagsOf({ analysis }: Image): string {
  return analysis?.tags?.map(({ name }) => name).join(', ') ?? '';
}
