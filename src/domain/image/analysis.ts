import { defined } from '../defined';

/**
 * What Vision said about one image, in the words of Analyze Image 3.2 (and so of the tutorial's classes AnalysisResult,
 * Category, Detail, Description, Caption, Metadata). Image Analysis 4.0 is mapped onto the same names.
 *
 * I1 A field that Vision did not send is absent. Nothing here is ever filled in by us.
 *
 * Source: Computer Vision 3.2 `analyze` response schema.
 */

export interface ImageAnalysis {
  readonly requestId?: string;
  readonly modelVersion?: string;
  readonly metadata?: Metadata;
  readonly categories?: readonly Category[];
  readonly description?: Description;
  readonly tags?: readonly Tag[];
  readonly color?: Color;
  readonly imageType?: ImageType;
  readonly objects?: readonly DetectedObject[];
  readonly brands?: readonly Brand[];
  readonly faces?: readonly Face[];
  readonly adult?: Adult;
  /** Text lines in reading order (4.0 `read`). */
  readonly text?: readonly string[];
  /** Captions of parts of the image; the first is of the whole (4.0 `denseCaptions`). */
  readonly denseCaptions?: readonly (Caption & { readonly rectangle: Rectangle })[];
  /** Where people are, never who (4.0 `people`). */
  readonly people?: readonly { readonly confidence: number; readonly rectangle: Rectangle }[];
  /** One for each aspect ratio that was ever asked for (4.0 `smartCrops`). */
  readonly smartCrops?: readonly SmartCrop[];
}

export interface Metadata {
  readonly width: number;
  readonly height: number;
  /** `Jpeg`, `Png`, ...: absent from 4.0. */
  readonly format?: string;
}

export interface Category {
  readonly name: string;
  /** 0..1 */
  readonly score: number;
  readonly detail?: Detail;
}

export interface Detail {
  readonly landmarks?: readonly { readonly name: string; readonly confidence: number }[];
  readonly celebrities?: readonly {
    readonly name: string;
    readonly confidence: number;
    readonly faceRectangle?: Rectangle;
  }[];
}

export interface Description {
  /** Absent from 4.0, which has a caption without words of its own. */
  readonly tags?: readonly string[];
  readonly captions: readonly Caption[];
}

export interface Caption {
  readonly text: string;
  /** 0..1 */
  readonly confidence: number;
}

export interface Tag {
  readonly name: string;
  /** 0..1 */
  readonly confidence: number;
  readonly hint?: string;
}

/** The twelve colour names of Vision: Black Blue Brown Gray Green Orange Pink Purple Red Teal White Yellow. */
export interface Color {
  readonly dominantColorForeground?: string;
  readonly dominantColorBackground?: string;
  readonly dominantColors?: readonly string[];
  /** Six hexadecimal digits, `RRGGBB`. */
  readonly accentColor?: string;
  readonly isBWImg?: boolean;
}

export interface ImageType {
  /** 0 not, 1 ambiguous, 2 normal, 3 good. */
  readonly clipArtType?: number;
  /** 0 or 1. */
  readonly lineDrawingType?: number;
}

export interface Rectangle {
  readonly left?: number;
  readonly top?: number;
  readonly x?: number;
  readonly y?: number;
  readonly w?: number;
  readonly h?: number;
  readonly width?: number;
  readonly height?: number;
}

/** The part of the image to keep, in pixels. */
export interface SmartCrop {
  /** Width divided by height. */
  readonly aspectRatio: number;
  readonly rectangle: Rectangle;
}

export interface DetectedObject {
  readonly object: string;
  readonly confidence: number;
  readonly rectangle: Rectangle;
}

export interface Brand {
  readonly name: string;
  readonly confidence: number;
  readonly rectangle: Rectangle;
}

/** Age and gender are left out on purpose: the service withdrew sensitive attributes. */
export interface Face {
  readonly faceRectangle: Rectangle;
}

export interface Adult {
  readonly isAdultContent?: boolean;
  readonly isRacyContent?: boolean;
  readonly isGoryContent?: boolean;
  readonly adultScore?: number;
  readonly racyScore?: number;
  readonly goreScore?: number;
}

/** Who said it. Two analyses are comparable only when provider, version and language agree. */
export interface Analyzer {
  /** `azure` or `local-pixels`. */
  readonly provider: string;
  /** API version and, for a stand-in, its algorithm version: `3.2`, `4.0`, `3.2+local-pixels.1`. */
  readonly version: string;
  /** Billable features, sorted. */
  readonly features: readonly string[];
  readonly language: string;
}

/** The analyzer as a run asks it: with the features it chose; without a choice, as it is configured. */
export function withFeatures(analyzer: Analyzer, features: readonly string[] | undefined): Analyzer {
  return features === undefined ? analyzer : { ...analyzer, features };
}

/** Do both answer alike? What they were asked for is another question. */
export function isSameAnalyzer(a: Analyzer | undefined, b: Analyzer): boolean {
  return a !== undefined && a.provider === b.provider && a.version === b.version && a.language === b.language;
}

/** Same bytes, same provider, version and language: the same answer. Features are merged in one entry. */
export function cacheKey(contentHash: string, { provider, version, language }: Analyzer): string {
  return `${contentHash}-${provider}-${version}-${language}`;
}

/** The same, for bytes that were never read: as a listing tells of them. */
export function listedKey(contentMd5: string, sizeBytes: number, { provider, version, language }: Analyzer): string {
  return `md5-${contentMd5}-${sizeBytes}-${provider}-${version}-${language}`;
}

/** Features that `wanted` has and `known` has not: what is left to be paid for. */
export function missingFeatures(
  wanted: Pick<Analyzer, 'features'>,
  known: Pick<Analyzer, 'features'> | undefined,
): readonly string[] {
  return wanted.features.filter((feature) => !known?.features.includes(feature));
}

/** A later answer with further features, laid over an earlier one. */
export function mergeAnalyses(
  known: { readonly analysis: ImageAnalysis; readonly analyzer: Analyzer } | undefined,
  paid: { readonly analysis: ImageAnalysis; readonly analyzer: Analyzer },
): { readonly analysis: ImageAnalysis; readonly analyzer: Analyzer } {
  if (!known) return paid;
  const features = [...new Set([...known.analyzer.features, ...paid.analyzer.features])].sort();
  const categories = mergeCategories(known.analysis.categories, paid.analysis.categories);
  const smartCrops = mergeCrops(known.analysis.smartCrops, paid.analysis.smartCrops);
  const analysis = {
    ...known.analysis,
    ...paid.analysis,
    ...defined({ categories, smartCrops }),
  };
  return { analysis, analyzer: { ...paid.analyzer, features } };
}

/** Several features fill categories: each of the details adds to them. */
function mergeCategories(
  known: readonly Category[] | undefined,
  paid: readonly Category[] | undefined,
): readonly Category[] | undefined {
  if (!known || !paid) return paid ?? known;
  const merged = new Map(known.map((category) => [category.name, category]));
  for (const category of paid) {
    const before = merged.get(category.name);
    const detail = { ...before?.detail, ...category.detail };
    const hasDetail = before?.detail !== undefined || category.detail !== undefined;
    merged.set(category.name, { ...before, ...category, ...(hasDetail && { detail }) });
  }
  return [...merged.values()];
}

/** Other ratios are another feature (smart-crops.ts): each ratio stands once, the later answer counts. */
function mergeCrops(
  known: readonly SmartCrop[] | undefined,
  paid: readonly SmartCrop[] | undefined,
): readonly SmartCrop[] | undefined {
  if (!known || !paid) return paid ?? known;
  const merged = new Map([...known, ...paid].map((crop) => [crop.aspectRatio, crop]));
  return [...merged.values()].sort((a, b) => a.aspectRatio - b.aspectRatio);
}
