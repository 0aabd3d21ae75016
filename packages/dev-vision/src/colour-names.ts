/**
 * Names a colour with one of the twelve words of Vision.
 *
 * Rules on hue, saturation and value; the names and their number are Vision's, the borders are ours (algorithm version
 * in provider.ts; pinned by the labelled pictures of the unit tests).
 */
export const COLOUR_NAMES = [
  'Black',
  'Blue',
  'Brown',
  'Gray',
  'Green',
  'Orange',
  'Pink',
  'Purple',
  'Red',
  'Teal',
  'White',
  'Yellow',
] as const;

export type ColourName = (typeof COLOUR_NAMES)[number];

/** Below this value (0..1) no hue is seen. */
const BLACK_VALUE01 = 0.16;
/** Below this saturation (0..1) a colour is taken for a shade of gray. */
const GRAY_SATURATION01 = 0.13;
const WHITE_VALUE01 = 0.86;

export function nameColour(red: number, green: number, blue: number): ColourName {
  const max = Math.max(red, green, blue);
  const min = Math.min(red, green, blue);
  const value01 = max / 255;
  if (value01 < BLACK_VALUE01) return 'Black';
  const saturation01 = (max - min) / max;
  if (saturation01 < GRAY_SATURATION01) return value01 > WHITE_VALUE01 ? 'White' : 'Gray';
  return nameHue(hueDegrees(red, green, blue, max, max - min), saturation01, value01);
}

function hueDegrees(red: number, green: number, blue: number, max: number, chroma: number): number {
  if (max === red) return (60 * (green - blue)) / chroma + (green < blue ? 360 : 0);
  if (max === green) return (60 * (blue - red)) / chroma + 120;
  return (60 * (red - green)) / chroma + 240;
}

function nameHue(hue: number, saturation01: number, value01: number): ColourName {
  if (hue < 15 || hue >= 340) return saturation01 < 0.55 && value01 > 0.75 ? 'Pink' : 'Red';
  if (hue < 45) {
    if (value01 < 0.72) return 'Brown'; // dark orange
    return saturation01 < 0.25 ? 'White' : 'Orange';
  }
  if (hue < 68) return value01 < 0.5 ? (hue < 55 ? 'Brown' : 'Green') : 'Yellow';
  if (hue < 160) return 'Green';
  if (hue < 195) return 'Teal';
  if (hue < 258) return 'Blue';
  if (hue < 300) return 'Purple';
  return value01 > 0.6 ? 'Pink' : 'Purple';
}

const INDEX_OF = Object.fromEntries(COLOUR_NAMES.map((name, index) => [name, index])) as Record<ColourName, number>;

/** Where the name stands in COLOUR_NAMES: for counting. */
export const colourIndex = (red: number, green: number, blue: number): number => INDEX_OF[nameColour(red, green, blue)];
