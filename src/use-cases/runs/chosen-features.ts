import { AppError } from '../../domain/errors';
import { namedTwice } from '../../domain/image/vision-features';
import type { VisionGateway } from '../../gateways/vision/port';

export type FeatureChoice = Pick<VisionGateway, 'analyzer' | 'offered' | 'spell'>;

/**
 * What a run asks Vision for: the names as the service writes them, each once, sorted; what is configured where nothing
 * was chosen. @throws AppError invalid-request, naming what the service does not have and what it has, or what is named
 * twice with different aspect ratios
 */
export function chosenFeatures(vision: FeatureChoice, names: readonly string[] | undefined): readonly string[] {
  if (names === undefined) return vision.analyzer.features;
  const spelled = names.map((name) => vision.spell(name));
  const unknown = names.filter((_, i) => spelled[i] === undefined);
  if (unknown.length > 0 || names.length === 0) {
    const fault = unknown.length === 0 ? 'No feature is named' : `Vision has no feature ${unknown.join(', ')}`;
    const at = spelled.indexOf(undefined);
    throw new AppError('invalid-request', `${fault}; it has ${vision.offered.join(', ')}.`, {
      context: { pointer: at < 0 ? '/body/features' : `/body/features/${at}` },
    });
  }
  const features = [...new Set(spelled.filter((name) => name !== undefined))].sort();
  const twice = namedTwice(features);
  if (twice !== undefined) {
    throw new AppError('invalid-request', `${twice} is named twice; give all its aspect ratios in one name.`, {
      context: { pointer: '/body/features' },
    });
  }
  return features;
}
