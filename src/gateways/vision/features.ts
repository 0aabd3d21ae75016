import { readAspectRatios, SMART_CROPS, smartCropsFeature } from '../../domain/image/smart-crops';
import { FEATURE_NAMES_40, FEATURES_32, FEATURES_40, namedTwice } from '../../domain/image/vision-features';
import type { VisionApiVersion } from './limits';

/**
 * Which visual features an API version has, and how they are written in the request.
 *
 * I1 The spelling of the settings is forgiven (case, blanks); what is sent is the service's own.
 * I2 A feature a version does not have is refused when the gateway is built or a run is started, not at the first image.
 *    Only the default list, which is written for 3.2, loses silently what 4.0 does not have.
 * I3 A feature stands once in a call, so that it is billed once: not twice with different aspect ratios.
 */

/** The features of the tutorial and what a first look at a picture needs. */
export const DEFAULT_VISION_FEATURES = ['Categories', 'Description', 'Tags', 'Color'] as const;

/** They go into `details` of a 3.2 request and add to `Categories`. */
export const DETAILS_32: ReadonlySet<string> = new Set(['Landmarks', 'Celebrities']);

/**
 * The service's own names, each once, sorted; smart crops that name no aspect ratios get `ratios`.
 *
 * @throws RangeError that names every unknown feature, or one that is named twice (I3)
 */
export function resolveFeatures(
  apiVersion: VisionApiVersion,
  wanted: readonly string[],
  ratios: readonly string[] = [],
): readonly string[] {
  const names = wanted.map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) throw new RangeError('VISION_FEATURES names no feature');
  const found = names.map((name) => ({ name, sent: spellFeature(apiVersion, name, ratios) }));
  const unknown = found.filter(({ sent }) => sent === undefined).map(({ name }) => name);
  if (unknown.length > 0 && !(apiVersion === '4.0' && isDefaultList(names))) {
    throw new RangeError(
      `VISION_FEATURES: API version ${apiVersion} has no feature ${unknown.join(', ')}; it has ${offeredFeatures(apiVersion).join(', ')}`,
    );
  }
  const features = [...new Set(found.flatMap(({ sent }) => (sent === undefined ? [] : [sent])))].sort();
  const twice = namedTwice(features);
  if (twice !== undefined) throw new RangeError(`VISION_FEATURES names ${twice} twice; give all ratios in one name`);
  return features;
}

/**
 * The service's own name of a feature; undefined for one that the version does not have. Smart crops that name no aspect
 * ratios get `ratios`; the service has none with ratios that it would refuse.
 */
export function spellFeature(
  apiVersion: VisionApiVersion,
  name: string,
  ratios: readonly string[] = [],
): string | undefined {
  const [word = '', ...options] = name.trim().toLowerCase().split(':');
  const found = apiVersion === '3.2' ? spell32(word) : Object.hasOwn(FEATURES_40, word) ? FEATURES_40[word] : undefined;
  if (found === SMART_CROPS) return spellCrops(options.length === 0 ? ratios : options);
  return options.length === 0 ? found : undefined;
}

const spell32 = (word: string) => FEATURES_32.find((feature) => feature.toLowerCase() === word);

function spellCrops(words: readonly string[]): string | undefined {
  const read = readAspectRatios(words);
  return 'problem' in read ? undefined : smartCropsFeature(read.ratios);
}

export function offeredFeatures(apiVersion: VisionApiVersion): readonly string[] {
  return apiVersion === '3.2' ? FEATURES_32 : FEATURE_NAMES_40;
}

function isDefaultList(names: readonly string[]): boolean {
  const lower = new Set(names.map((name) => name.toLowerCase()));
  return (
    lower.size === DEFAULT_VISION_FEATURES.length &&
    DEFAULT_VISION_FEATURES.every((name) => lower.has(name.toLowerCase()))
  );
}
