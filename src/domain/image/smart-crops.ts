/**
 * Smart crops of Image Analysis 4.0: the part of an image to keep, one for each aspect ratio (width / height).
 *
 * I1 Other ratios are another answer. So the ratios stand in the name of the feature, `smartCrops:0.90:1.33`, and
 *    whatever compares features by name (documents, the cache, quotes) tells them apart. The plain `smartCrops` leaves
 *    the ratio to the service, which chooses one from 0.5 to 2.0.
 * I2 One name for the same ratios: two decimals, each once, ascending.
 *
 * Source: Image Analysis 4.0 (2023-10-01), query `smartcrops-aspect-ratios`: 0.75 to 1.80, inclusive
 * (Azure/azure-rest-api-specs, specification/ai/ImageAnalysis/routes.tsp). It names no most and no decimals; two are what
 * Microsoft's examples send.
 */

export const SMART_CROPS = 'smartCrops';

export const MIN_ASPECT_RATIO = 0.75;
export const MAX_ASPECT_RATIO = 1.8;
/** So many fit in the 40 characters of a feature's name. */
export const MAX_ASPECT_RATIOS = 6;

/** Sorted, with two decimals, each once (I2); none for none. Or what is wrong, as half a sentence. */
export function readAspectRatios(
  words: readonly string[],
): { readonly ratios: readonly string[] } | { readonly problem: string } {
  const ratios = new Set<string>();
  for (const word of words.map((each) => each.trim())) {
    if (!/^\d(\.\d{1,2})?$/.test(word)) return { problem: `${JSON.stringify(word)} is no number of two decimals` };
    const ratio = Number(word);
    if (ratio < MIN_ASPECT_RATIO || ratio > MAX_ASPECT_RATIO) {
      return { problem: `${word} is not from ${twoDecimals(MIN_ASPECT_RATIO)} to ${twoDecimals(MAX_ASPECT_RATIO)}` };
    }
    ratios.add(twoDecimals(ratio));
  }
  if (ratios.size > MAX_ASPECT_RATIOS) return { problem: `${ratios.size} are more than ${MAX_ASPECT_RATIOS}` };
  return { ratios: [...ratios].sort() };
}

/** The name of the feature with these ratios, as `readAspectRatios` gives them (I1). */
export function smartCropsFeature(ratios: readonly string[]): string {
  return [SMART_CROPS, ...ratios].join(':');
}

/** What a feature is called without its ratios, and those. */
export function takeApart(feature: string): { readonly plain: string; readonly ratios: readonly string[] } {
  const [plain = '', ...ratios] = feature.split(':');
  return { plain, ratios };
}

function twoDecimals(ratio: number): string {
  return ratio.toFixed(2);
}
