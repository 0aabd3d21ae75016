import type { AnalyzeRequest } from './analyze-request';
import type { ReadImage } from './image-reader';
import { centredCrops } from './smart-crops';

/**
 * Puts the measured facts into the response schema of either version, feature by feature.
 *
 * I1 What pixels do not tell is empty where the schema has a list (categories, faces, objects, brands) and absent
 *    everywhere else (adult scores, landmarks, text, people): never invented. A smart crop is geometry: the middle.
 * I2 `modelVersion` names a model of Microsoft, and there is none here: it says `latest`, which its format allows.
 */
export function analysisBody(request: AnalyzeRequest, image: ReadImage, requestId: string): unknown {
  return request.apiVersion === '3.2' ? body32(request.features, image, requestId) : body40(request, image);
}

function body32(features: readonly string[], { header, facts }: ReadImage, requestId: string): unknown {
  const said: Readonly<Record<string, unknown>> = {
    Categories: { categories: [] }, // I1
    Tags: { tags: facts.words },
    Description: { description: { tags: facts.words.map(({ name }) => name), captions: [facts.caption] } },
    Color: { color: facts.color },
    ImageType: { imageType: facts.imageType },
    Faces: { faces: [] },
    Objects: { objects: [] },
    Brands: { brands: [] },
  };
  return Object.assign({}, ...features.map((feature) => said[feature] ?? {}), {
    requestId,
    metadata: { width: header.width, height: header.height, format: capitalised(header.format) },
    modelVersion: 'latest', // I2
  });
}

function body40({ features, aspectRatios }: AnalyzeRequest, { header, facts }: ReadImage): unknown {
  const said: Readonly<Record<string, unknown>> = {
    caption: { captionResult: facts.caption },
    tags: { tagsResult: { values: facts.words } },
    objects: { objectsResult: { values: [] } },
    smartCrops: { smartCropsResult: { values: centredCrops(header, aspectRatios) } },
  };
  return Object.assign({ modelVersion: 'latest' }, ...features.map((feature) => said[feature] ?? {}), {
    metadata: { width: header.width, height: header.height },
  });
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
