import { invalidRequest, notFound, type ServiceAnswer } from './service-answer';
import type { ApiVersion } from './service-limits';

/**
 * Understands the two analyze URLs, with the real service's idea of what is wrong in them.
 *
 * Sources: Computer Vision 3.2 `analyze` parameters; Image Analysis 4.0 `analyze` parameters.
 */
export interface AnalyzeRequest {
  readonly apiVersion: ApiVersion;
  /** In the service's spelling; those of `details` included. One of each is one billed transaction. */
  readonly features: readonly string[];
  /** Width / height of the smart crops; none: one that the service chooses. */
  readonly aspectRatios: readonly number[];
}

const VISUAL_FEATURES_32 = [
  'Categories',
  'Tags',
  'Description',
  'Faces',
  'ImageType',
  'Color',
  'Adult',
  'Objects',
  'Brands',
];
const DETAILS_32 = ['Celebrities', 'Landmarks'];
const LANGUAGES_32 = new Set(['en', 'es', 'ja', 'pt', 'zh']);
const FEATURES_40 = ['caption', 'denseCaptions', 'tags', 'objects', 'read', 'people', 'smartCrops'];
const API_VERSIONS_40 = new Set(['2023-10-01', '2024-02-01']);

export function readAnalyzeRequest(url: URL): AnalyzeRequest | { readonly refusal: ServiceAnswer } {
  switch (url.pathname.toLowerCase()) {
    case '/vision/v3.2/analyze':
      return read32(url.searchParams);
    case '/computervision/imageanalysis:analyze':
      return read40(url.searchParams);
    default:
      return { refusal: notFound };
  }
}

function read32(query: URLSearchParams): AnalyzeRequest | { readonly refusal: ServiceAnswer } {
  const visual = namesIn(query.get('visualFeatures'));
  const details = namesIn(query.get('details'));
  const features = spell(visual.length === 0 && details.length === 0 ? ['Categories'] : visual, VISUAL_FEATURES_32);
  if ('unknown' in features) return { refusal: unsupportedFeature(features.unknown) };
  const spelledDetails = spell(details, DETAILS_32);
  if ('unknown' in spelledDetails) {
    return { refusal: invalidRequest('InvalidDetails', `Details type is not supported: ${spelledDetails.unknown}`) };
  }
  const language = query.get('language') ?? 'en';
  if (!LANGUAGES_32.has(language)) return { refusal: unsupportedLanguage(language) };
  return { apiVersion: '3.2', features: [...features.names, ...spelledDetails.names], aspectRatios: [] };
}

function read40(query: URLSearchParams): AnalyzeRequest | { readonly refusal: ServiceAnswer } {
  if (!API_VERSIONS_40.has(query.get('api-version') ?? '')) return { refusal: notFound };
  const features = spell(namesIn(query.get('features')), FEATURES_40);
  if ('unknown' in features) return { refusal: unsupportedFeature(features.unknown) };
  if (features.names.length === 0) {
    return { refusal: invalidRequest('BadArgument', 'At least one visual feature must be specified.') };
  }
  const language = query.get('language') ?? 'en';
  if (!/^[a-z]{2}(-[A-Za-z]{2,4})?$/.test(language)) return { refusal: unsupportedLanguage(language) };
  const aspectRatios = namesIn(query.get('smartcrops-aspect-ratios')).map(Number);
  if (!aspectRatios.every((ratio) => ratio >= 0.75 && ratio <= 1.8)) return { refusal: unsupportedRatio };
  return { apiVersion: '4.0', features: features.names, aspectRatios };
}

const namesIn = (value: string | null): readonly string[] => (value ?? '').split(',').filter((name) => name !== '');

/** Each name once, as the service spells it. */
function spell(
  names: readonly string[],
  known: readonly string[],
): { readonly names: readonly string[] } | { readonly unknown: string } {
  const spelled = new Set<string>();
  for (const name of names) {
    const found = known.find((each) => each.toLowerCase() === name.trim().toLowerCase());
    if (found === undefined) return { unknown: name };
    spelled.add(found);
  }
  return { names: [...spelled] };
}

const unsupportedFeature = (name: string): ServiceAnswer =>
  invalidRequest('NotSupportedVisualFeature', `Specified feature type is not supported: ${name}`);

/** The service documents the range, not the words of its refusal. */
const unsupportedRatio = invalidRequest(
  'BadArgument',
  'The value of smartcrops-aspect-ratios is not valid: each must be from 0.75 to 1.8.',
);

const unsupportedLanguage = (language: string): ServiceAnswer =>
  invalidRequest('NotSupportedLanguage', `The input language is not supported: ${language}`);
