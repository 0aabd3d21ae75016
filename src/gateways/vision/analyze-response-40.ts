import { z } from 'zod';
import { defined } from '../../domain/defined';
import type { ImageAnalysis } from '../../domain/image/analysis';

/**
 * What Image Analysis 4.0 answers, checked and put into the words of 3.2: the caption becomes `description.captions`,
 * tags and objects keep their names, text lines become `text`. What 4.0 does not say stays absent.
 *
 * Source: Image Analysis 4.0 (2023-10-01) `ImageAnalysisResult`.
 */

const number = z.number();
const box = z.object({ x: number, y: number, w: number, h: number });
const caption = z.object({ text: z.string(), confidence: number });
const tag = z.object({ name: z.string(), confidence: number });
const valuesOf = <T extends z.ZodType>(item: T) => z.object({ values: z.array(item) }).exactOptional();

const resultSchema = z.object({
  modelVersion: z.string().exactOptional(),
  metadata: z.object({ width: number, height: number }).exactOptional(),
  captionResult: caption.exactOptional(),
  denseCaptionsResult: valuesOf(caption.extend({ boundingBox: box })),
  tagsResult: valuesOf(tag),
  objectsResult: valuesOf(z.object({ boundingBox: box, tags: z.array(tag) })),
  peopleResult: valuesOf(z.object({ boundingBox: box, confidence: number })),
  smartCropsResult: valuesOf(z.object({ aspectRatio: number, boundingBox: box })),
  readResult: z
    .object({ blocks: z.array(z.object({ lines: z.array(z.object({ text: z.string() })) })) })
    .exactOptional(),
});
type Result40 = z.infer<typeof resultSchema>;

/** The service lists dozens of "people" at 0.001 for any picture; below this it says nothing. */
const MIN_PERSON_CONFIDENCE01 = 0.1;

/** Returns undefined for what is no analysis: a wrong type anywhere, or none of the known fields. */
export function parseAnalyzeResponse40(value: unknown, requestId: string | undefined): ImageAnalysis | undefined {
  const parsed = resultSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { modelVersion, ...said } = parsed.data;
  if (Object.keys(said).length === 0) return undefined;
  return {
    ...defined({ requestId, modelVersion, metadata: said.metadata }),
    ...mapWords(said),
    ...mapRegions(said),
  };
}

function mapWords(said: Result40): Partial<ImageAnalysis> {
  return {
    ...(said.captionResult !== undefined && { description: { captions: [said.captionResult] } }),
    ...defined({
      tags: said.tagsResult?.values,
      text: said.readResult?.blocks.flatMap((block) => block.lines.map((line) => line.text)),
    }),
  };
}

function mapRegions(said: Result40): Partial<ImageAnalysis> {
  return defined({
    objects: said.objectsResult?.values.flatMap(mapObject),
    denseCaptions: said.denseCaptionsResult?.values.map(({ boundingBox, ...rest }) => ({
      ...rest,
      rectangle: boundingBox,
    })),
    people: said.peopleResult?.values
      .filter((person) => person.confidence >= MIN_PERSON_CONFIDENCE01)
      .map(({ boundingBox, confidence }) => ({ confidence, rectangle: boundingBox })),
    smartCrops: said.smartCropsResult?.values.map(({ boundingBox, aspectRatio }) => ({
      aspectRatio,
      rectangle: boundingBox,
    })),
  });
}

function mapObject(
  found: NonNullable<Result40['objectsResult']>['values'][number],
): NonNullable<ImageAnalysis['objects']> {
  return found.tags
    .slice(0, 1)
    .map(({ name, confidence }) => ({ object: name, confidence, rectangle: found.boundingBox }));
}
