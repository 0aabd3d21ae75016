import { z } from 'zod';
import type { ImageAnalysis } from '../../domain/image/analysis';

/**
 * What Analyze Image 3.2 answers, checked: wrong types refuse the whole answer, unknown fields are dropped.
 *
 * Source: Computer Vision 3.2 `analyze` response schema. Age and gender of faces are dropped: sensitive attributes.
 */

const number = z.number(); // zod refuses NaN and infinities, so `1e999` is a wrong type
const scored = z.object({ name: z.string(), confidence: number });
const rectangle = z.object({ x: number, y: number, w: number, h: number });
const faceRectangle = z.object({ left: number, top: number, width: number, height: number });

const detail = z.object({
  landmarks: z.array(scored).exactOptional(),
  celebrities: z.array(scored.extend({ faceRectangle: faceRectangle.exactOptional() })).exactOptional(),
});

const color = z
  .object({
    dominantColorForeground: z.string().exactOptional(),
    dominantColorBackground: z.string().exactOptional(),
    dominantColors: z.array(z.string()).exactOptional(),
    accentColor: z.string().exactOptional(),
    isBWImg: z.boolean().exactOptional(),
    isBwImg: z.boolean().exactOptional(),
  })
  .transform(({ isBwImg, ...rest }) => (isBwImg === undefined ? rest : { isBWImg: isBwImg, ...rest })); // samples print the other spelling

const analysisSchema = z.object({
  requestId: z.string().exactOptional(),
  modelVersion: z.string().exactOptional(),
  metadata: z.object({ width: number, height: number, format: z.string().exactOptional() }).exactOptional(),
  categories: z.array(z.object({ name: z.string(), score: number, detail: detail.exactOptional() })).exactOptional(),
  description: z
    .object({
      tags: z.array(z.string()).exactOptional(),
      captions: z.array(z.object({ text: z.string(), confidence: number })),
    })
    .exactOptional(),
  tags: z.array(scored.extend({ hint: z.string().exactOptional() })).exactOptional(),
  color: color.exactOptional(),
  imageType: z.object({ clipArtType: number.exactOptional(), lineDrawingType: number.exactOptional() }).exactOptional(),
  objects: z.array(z.object({ object: z.string(), confidence: number, rectangle })).exactOptional(),
  brands: z.array(z.object({ name: z.string(), confidence: number, rectangle })).exactOptional(),
  faces: z.array(z.object({ faceRectangle })).exactOptional(),
  adult: z
    .object({
      isAdultContent: z.boolean().exactOptional(),
      isRacyContent: z.boolean().exactOptional(),
      isGoryContent: z.boolean().exactOptional(),
      adultScore: number.exactOptional(),
      racyScore: number.exactOptional(),
      goreScore: number.exactOptional(),
    })
    .exactOptional(),
});

/** Returns undefined for what is no analysis: a wrong type anywhere, or none of the known fields. */
export function parseAnalyzeResponse32(value: unknown): ImageAnalysis | undefined {
  const parsed = analysisSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { requestId: _requestId, modelVersion: _modelVersion, ...said } = parsed.data;
  return Object.keys(said).length === 0 ? undefined : parsed.data;
}
