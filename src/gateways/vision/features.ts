import { FEATURES_32, FEATURES_40 } from '../../domain/image/vision-features';
import type { VisionApiVersion } from './limits';

/**
 * Which visual features an API version has, and how they are written in the request.
 *
 * I1 The spelling of the settings is forgiven (case, blanks); what is sent is the service's own.
 * I2 A feature a version does not have is refused when the gateway is built or a run is started, not at the first image.
 *    Only the default list, which is written for 3.2, loses silently what 4.0 does not have.
 */

/** The features of the tutorial and what a first look at a picture needs. */
export const DEFAULT_VISION_FEATURES = ['Categories', 'Description', 'Tags', 'Color'] as const;

/** They go into `details` of a 3.2 request and add to `Categories`. */
export const DETAILS_32: ReadonlySet<string> = new Set(['Landmarks', 'Celebrities']);

/** Returns the service's own names, each once, sorted. Throws a RangeError that names every unknown feature. */
export function resolveFeatures(apiVersion: VisionApiVersion, wanted: readonly string[]): readonly string[] {
  const names = wanted.map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) throw new RangeError('VISION_FEATURES names no feature');
  const found = names.map((name) => ({ name, sent: spellFeature(apiVersion, name) }));
  const unknown = found.filter(({ sent }) => sent === undefined).map(({ name }) => name);
  if (unknown.length > 0 && !(apiVersion === '4.0' && isDefaultList(names))) {
    throw new RangeError(
      `VISION_FEATURES: API version ${apiVersion} has no feature ${unknown.join(', ')}; it has ${offeredFeatures(apiVersion).join(', ')}`,
    );
  }
  return [...new Set(found.flatMap(({ sent }) => (sent === undefined ? [] : [sent])))].sort();
}

/** The service's own name of a feature; undefined for one that the version does not have. */
export function spellFeature(apiVersion: VisionApiVersion, name: string): string | undefined {
  const lower = name.trim().toLowerCase();
  return apiVersion === '3.2'
    ? FEATURES_32.find((feature) => feature.toLowerCase() === lower)
    : Object.hasOwn(FEATURES_40, lower)
      ? FEATURES_40[lower]
      : undefined;
}

export function offeredFeatures(apiVersion: VisionApiVersion): readonly string[] {
  return apiVersion === '3.2' ? FEATURES_32 : [...new Set(Object.values(FEATURES_40))];
}

function isDefaultList(names: readonly string[]): boolean {
  const lower = new Set(names.map((name) => name.toLowerCase()));
  return (
    lower.size === DEFAULT_VISION_FEATURES.length &&
    DEFAULT_VISION_FEATURES.every((name) => lower.has(name.toLowerCase()))
  );
}
