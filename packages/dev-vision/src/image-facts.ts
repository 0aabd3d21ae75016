import type { ColourName } from './colour-names';
import type { PixelMeasures } from './pixel-measures';

/**
 * What the stand-in says about an image: measured, or not said.
 *
 * I1 A word is a measurement with a threshold; its confidence is the measured share, never a guess. No word names a
 *    thing in the picture: this service sees pixels, not content.
 * I2 Changing a threshold changes the words, and so the algorithm version in provider.ts.
 *
 * The thresholds are pinned by the labelled pictures in test/unit/local-vision.
 */
export interface ImageFacts {
  readonly words: readonly { readonly name: string; readonly confidence: number }[];
  readonly caption: { readonly text: string; readonly confidence: number };
  readonly color: {
    readonly dominantColorForeground: ColourName;
    readonly dominantColorBackground: ColourName;
    readonly dominantColors: readonly ColourName[];
    readonly accentColor: string;
    readonly isBWImg: boolean;
  };
  readonly imageType: { readonly clipArtType: 0 | 1 | 2 | 3; readonly lineDrawingType: 0 | 1 };
}

/** As the picture is shown, in pixels. */
export interface ShownSize {
  readonly width: number;
  readonly height: number;
}

const BLACK_AND_WHITE_MEAN_SPREAD = 6;
const MAX_DOMINANT_COLOURS = 3;
const MIN_DOMINANT_SHARE = 0.12;
const MIN_WORD_SHARE = 0.55;
/** Vivid pixels are rare in photographs: a third of them already looks colorful. */
const MIN_COLORFUL_SHARE = 0.33;
const MIN_DETAIL_SHARE = 0.4;
/** Blur is a lack of edges in a picture that has tones to have edges between. */
const BLURRY_MAX_SHARPNESS = 40;
const BLURRY_MIN_ENTROPY_BITS = 4;
/** One side longer than the other by a twentieth is seen. */
const SQUARE_TOLERANCE = 1.05;

export function factsOf(measures: PixelMeasures, shown: ShownSize): ImageFacts {
  const dominantColors = dominantOf(measures.colourShares);
  const isBWImg = measures.meanSpread < BLACK_AND_WHITE_MEAN_SPREAD;
  const imageType = { clipArtType: clipArtTypeOf(measures), lineDrawingType: lineDrawingTypeOf(measures) } as const;
  const words = wordsOf(measures, { isBWImg, ...imageType }, shown, dominantColors);
  return {
    words,
    caption: captionOf(new Set(words.map(({ name }) => name)), measures, shown, dominantColors),
    color: {
      dominantColorForeground: measures.foreground,
      dominantColorBackground: measures.background,
      dominantColors,
      accentColor: measures.accentColor,
      isBWImg,
    },
    imageType,
  };
}

function dominantOf(shares: ReadonlyMap<ColourName, number>): readonly ColourName[] {
  const [first, ...rest] = [...shares];
  if (first === undefined) return [];
  const others = rest.filter(([, share]) => share >= MIN_DOMINANT_SHARE).slice(0, MAX_DOMINANT_COLOURS - 1);
  return [first, ...others].map(([name]) => name);
}

/** Few exact colours in flat areas: drawn, not photographed. A smooth sky is flat too, but of many colours. */
function clipArtTypeOf({ fewColoursShare, flatShare }: PixelMeasures): 0 | 1 | 2 | 3 {
  const both = Math.min(fewColoursShare, flatShare);
  if (both >= 0.75) return 3;
  if (both >= 0.6) return 2;
  return both >= 0.5 ? 1 : 0;
}

/** Gray strokes on paper, thin enough that most of the ink touches paper. */
function lineDrawingTypeOf({ paperShare, strokeShare, meanSpread }: PixelMeasures): 0 | 1 {
  return paperShare >= 0.35 && paperShare < 0.995 && strokeShare >= 0.6 && meanSpread < 12 ? 1 : 0;
}

type Kind = ImageFacts['imageType'] & { readonly isBWImg: boolean };

function wordsOf(
  measures: PixelMeasures,
  kind: Kind,
  shown: ShownSize,
  colours: readonly ColourName[],
): ImageFacts['words'] {
  const isBlurry =
    kind.clipArtType < 2 &&
    measures.sharpness < BLURRY_MAX_SHARPNESS &&
    measures.entropyBits >= BLURRY_MIN_ENTROPY_BITS;
  const candidates: readonly (readonly [boolean, string, number])[] = [
    [true, `${formatOf(shown)} format`, 1],
    [kind.isBWImg, 'black and white', measures.graySpreadShare],
    [kind.clipArtType >= 2 && kind.lineDrawingType === 0, 'graphic', measures.fewColoursShare],
    [kind.lineDrawingType === 1, 'line drawing', measures.strokeShare],
    [measures.brightShare >= MIN_WORD_SHARE, 'bright', measures.brightShare],
    [measures.darkShare >= MIN_WORD_SHARE, 'dark', measures.darkShare],
    [measures.vividShare >= MIN_COLORFUL_SHARE, 'colorful', measures.vividShare],
    [isBlurry, 'blurry', measures.smoothShare],
    [measures.edgeShare >= MIN_DETAIL_SHARE, 'fine detail', measures.edgeShare],
    ...colours.map((name) => [true, name.toLowerCase(), measures.colourShares.get(name) ?? 0] as const),
  ];
  return candidates
    .filter(([holds]) => holds)
    .map(([, name, share]) => ({ name, confidence: rounded(share) }))
    .sort((a, b) => b.confidence - a.confidence || a.name.localeCompare(b.name));
}

function formatOf({ width, height }: ShownSize): 'landscape' | 'portrait' | 'square' {
  if (width > height * SQUARE_TOLERANCE) return 'landscape';
  return height > width * SQUARE_TOLERANCE ? 'portrait' : 'square';
}

/** For example "a bright landscape-format image, mostly blue and white": made of the words, confidence = share of the colours named. */
function captionOf(
  words: ReadonlySet<string>,
  measures: PixelMeasures,
  shown: ShownSize,
  colours: readonly ColourName[],
): ImageFacts['caption'] {
  const adjectives = ['bright', 'dark', 'blurry', 'colorful'].filter((word) => words.has(word));
  if (words.has('black and white')) adjectives.push('black-and-white');
  const noun = words.has('line drawing') ? 'line drawing' : words.has('graphic') ? 'graphic' : 'image';
  const named = colours.slice(0, 2);
  const text = `${[...adjectives, `${formatOf(shown)}-format`].join(' ')} ${noun}, mostly ${named
    .map((name) => name.toLowerCase())
    .join(' and ')}`;
  const covered = named.reduce((sum, name) => sum + (measures.colourShares.get(name) ?? 0), 0);
  return { text: `a ${text}`, confidence: rounded(covered) };
}

const rounded = (share: number): number => Math.min(1, Math.round(share * 10_000) / 10_000);
