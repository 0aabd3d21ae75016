/**
 * What each API version of Vision can be asked for: the one list of features. A name may carry what changes the answer,
 * after a colon (smart-crops.ts).
 */
import { takeApart } from './smart-crops';

/** Source: Computer Vision 3.2 `visualFeatures`; the last two go into `details` and add to `Categories`. */
export const FEATURES_32 = [
  'Categories',
  'Tags',
  'Description',
  'Faces',
  'ImageType',
  'Color',
  'Adult',
  'Objects',
  'Brands',
  'Landmarks',
  'Celebrities',
] as const;

/** Source: Image Analysis 4.0 `features`. `Description` is 3.2's word for what 4.0 calls a caption. */
export const FEATURES_40: Readonly<Record<string, string>> = {
  description: 'caption',
  caption: 'caption',
  densecaptions: 'denseCaptions',
  tags: 'tags',
  objects: 'objects',
  read: 'read',
  people: 'people',
  smartcrops: 'smartCrops',
};

export const FEATURE_NAMES_40: readonly string[] = [...new Set(Object.values(FEATURES_40))];

/** A feature that stands there with different aspect ratios. */
export function namedTwice(features: readonly string[]): string | undefined {
  const plain = features.map((feature) => takeApart(feature).plain);
  return plain.find((name, i) => plain.indexOf(name) !== i);
}
