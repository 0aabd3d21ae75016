import { AccentFinder } from './accent-finder';
import type { RawPixels } from './bitmap-file';
import { COLOUR_NAMES, type ColourName, colourIndex } from './colour-names';
import { ColourTally } from './colour-tally';

/**
 * What can be counted in a sample of pixels. Every figure is a share of pixels (0..1) unless its name says otherwise.
 *
 * I1 The same pixels give the same figures: no random, no clock.
 */
export interface PixelMeasures {
  readonly colourShares: ReadonlyMap<ColourName, number>;
  /** The colour with the largest share in the inner half, and outside it. */
  readonly foreground: ColourName;
  readonly background: ColourName;
  /** `RRGGBB`: the most vivid colour that covers enough to be seen. */
  readonly accentColor: string;
  /** Mean difference between the largest and the smallest channel, 0..255. */
  readonly meanSpread: number;
  readonly graySpreadShare: number;
  readonly brightShare: number;
  readonly darkShare: number;
  readonly vividShare: number;
  /** Bits, 0..8, of the brightness histogram. */
  readonly entropyBits: number;
  /** Variance of the Laplacian of the brightness: below some hundreds nothing in the picture is sharp. */
  readonly sharpness: number;
  readonly edgeShare: number;
  readonly smoothShare: number;
  /** Covered by the eight most frequent exact colours. */
  readonly fewColoursShare: number;
  /** The same colour as the right-hand and the lower neighbour. */
  readonly flatShare: number;
  /** As light as paper. */
  readonly paperShare: number;
  /** Of the pixels that are not paper, those that touch paper: thin strokes do, filled shapes do not. */
  readonly strokeShare: number;
}

const BRIGHT = 165;
const DARK = 60;
const PAPER = 232;
const GRAY_SPREAD = 8;
/** A chroma of a third of the range is seen as a colour and not as a tint. */
const VIVID_SPREAD = 85;
const EDGE_LAPLACIAN = 24;
const SMOOTH_LAPLACIAN = 4;
/** JPEG moves the channels of a flat area by a step or two. */
const FLAT_DIFFERENCE = 2;
const FEW_COLOURS = 8;

export function measurePixels(pixels: RawPixels): PixelMeasures {
  const brightness = brightnessOf(pixels);
  return {
    ...measureColours(pixels),
    ...measureBrightness(brightness),
    ...measureEdges(brightness, pixels.width, pixels.height),
    ...measureFlatness(pixels),
    ...measureStrokes(brightness, pixels.width, pixels.height),
  };
}

/** Rec. 601 luma, 0..255. */
function brightnessOf({ data, width, height }: RawPixels): Float32Array {
  const brightness = new Float32Array(width * height);
  for (let i = 0, at = 0; i < brightness.length; i += 1, at += 3) {
    brightness[i] = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  }
  return brightness;
}

function measureColours({ data, width, height }: RawPixels) {
  const inner = new Uint32Array(COLOUR_NAMES.length);
  const outer = new Uint32Array(COLOUR_NAMES.length);
  const accents = new AccentFinder();
  let spreadSum = 0;
  let gray = 0;
  let vivid = 0;
  for (let y = 0, at = 0; y < height; y += 1) {
    const isInnerRow = y >= height / 4 && y < (height * 3) / 4;
    for (let x = 0; x < width; x += 1, at += 3) {
      const red = data[at] ?? 0;
      const green = data[at + 1] ?? 0;
      const blue = data[at + 2] ?? 0;
      const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
      spreadSum += spread;
      if (spread < GRAY_SPREAD) gray += 1;
      if (spread >= VIVID_SPREAD) vivid += 1;
      const part = isInnerRow && x >= width / 4 && x < (width * 3) / 4 ? inner : outer;
      const name = colourIndex(red, green, blue);
      part[name] = (part[name] ?? 0) + 1;
      accents.add(red, green, blue);
    }
  }
  const count = width * height;
  const all = COLOUR_NAMES.map((name, i) => [name, ((inner[i] ?? 0) + (outer[i] ?? 0)) / count] as const);
  return {
    colourShares: new Map(all.filter(([, share]) => share > 0).sort(([, a], [, b]) => b - a)),
    foreground: mostFrequent(inner),
    background: mostFrequent(outer),
    accentColor: accents.best(),
    meanSpread: spreadSum / count,
    graySpreadShare: gray / count,
    vividShare: vivid / count,
  };
}

function mostFrequent(counts: Uint32Array): ColourName {
  return COLOUR_NAMES[counts.indexOf(counts.reduce((a, b) => Math.max(a, b), 0))] ?? 'Black';
}

function measureBrightness(brightness: Float32Array) {
  const histogram = new Uint32Array(256);
  for (const value of brightness) {
    const level = Math.min(255, Math.round(value));
    histogram[level] = (histogram[level] ?? 0) + 1;
  }
  let bright = 0;
  let dark = 0;
  let entropyBits = 0;
  histogram.forEach((seen, level) => {
    if (level >= BRIGHT) bright += seen;
    if (level < DARK) dark += seen;
    if (seen > 0) entropyBits -= (seen / brightness.length) * Math.log2(seen / brightness.length);
  });
  return { brightShare: bright / brightness.length, darkShare: dark / brightness.length, entropyBits };
}

function measureEdges(brightness: Float32Array, width: number, height: number) {
  let [count, sum, squares, edges, smooth] = [0, 0, 0, 0, 0];
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const around =
        (brightness[at - 1] ?? 0) +
        (brightness[at + 1] ?? 0) +
        (brightness[at - width] ?? 0) +
        (brightness[at + width] ?? 0);
      const laplacian = around - 4 * (brightness[at] ?? 0);
      count += 1;
      sum += laplacian;
      squares += laplacian * laplacian;
      if (Math.abs(laplacian) >= EDGE_LAPLACIAN) edges += 1;
      if (Math.abs(laplacian) < SMOOTH_LAPLACIAN) smooth += 1;
    }
  }
  if (count === 0) return { sharpness: 0, edgeShare: 0, smoothShare: 1 };
  const mean = sum / count;
  return { sharpness: squares / count - mean * mean, edgeShare: edges / count, smoothShare: smooth / count };
}

function measureFlatness({ data, width, height }: RawPixels) {
  const colours = new ColourTally(width * height);
  let flat = 0;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      // One bit of each channel is left to JPEG.
      const key = (((data[at] ?? 0) >> 1) << 14) | (((data[at + 1] ?? 0) >> 1) << 7) | ((data[at + 2] ?? 0) >> 1);
      colours.add(key);
      const right = x + 1 < width ? at + 3 : at;
      const below = y + 1 < height ? at + width * 3 : at;
      if (isAlike(data, at, right) && isAlike(data, at, below)) flat += 1;
    }
  }
  const count = width * height;
  return { fewColoursShare: colours.covered(FEW_COLOURS) / count, flatShare: flat / count };
}

function isAlike(data: Uint8Array, a: number, b: number): boolean {
  for (let channel = 0; channel < 3; channel += 1) {
    if (Math.abs((data[a + channel] ?? 0) - (data[b + channel] ?? 0)) > FLAT_DIFFERENCE) return false;
  }
  return true;
}

function measureStrokes(brightness: Float32Array, width: number, height: number) {
  const isPaper = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && (brightness[y * width + x] ?? 0) >= PAPER;
  let ink = 0;
  let thin = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (isPaper(x, y)) continue;
      ink += 1;
      if (isPaper(x - 1, y) || isPaper(x + 1, y) || isPaper(x, y - 1) || isPaper(x, y + 1)) thin += 1;
    }
  }
  const count = width * height;
  return { paperShare: (count - ink) / count, strokeShare: ink === 0 ? 0 : thin / ink };
}
