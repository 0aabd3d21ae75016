import { z } from 'zod';
import { sparseCounterFields } from './counters';
import { confidence, count, list, time } from './values';

/** What Vision said, in the words of Analyze Image 3.2. A part that Vision did not send is absent. */

const rectangle = z.object({
  left: z.number().optional(),
  top: z.number().optional(),
  x: z.number().optional(),
  y: z.number().optional(),
  w: z.number().optional(),
  h: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
});

const named = z.object({ name: z.string(), confidence });

const category = z.object({
  name: z.string(),
  score: confidence,
  detail: z
    .object({
      landmarks: list(named).optional(),
      celebrities: list(named.extend({ faceRectangle: rectangle.optional() })).optional(),
    })
    .optional(),
});

const color = z.object({
  dominantColorForeground: z.string().optional(),
  dominantColorBackground: z.string().optional(),
  dominantColors: list(z.string()).optional(),
  accentColor: z.string().optional().meta({ description: 'RRGGBB' }),
  isBWImg: z.boolean().optional(),
});

const adult = z.object({
  isAdultContent: z.boolean().optional(),
  isRacyContent: z.boolean().optional(),
  isGoryContent: z.boolean().optional(),
  adultScore: confidence.optional(),
  racyScore: confidence.optional(),
  goreScore: confidence.optional(),
});

export const ImageAnalysisSchema = z
  .object({
    requestId: z.string().optional(),
    modelVersion: z.string().optional(),
    metadata: z.object({ width: count, height: count, format: z.string().optional() }).optional(),
    categories: list(category).optional(),
    description: z
      .object({
        tags: list(z.string()).optional().meta({ description: 'Absent from 4.0.' }),
        captions: list(z.object({ text: z.string(), confidence })),
      })
      .optional(),
    tags: list(named.extend({ hint: z.string().optional() })).optional(),
    color: color.optional(),
    imageType: z.object({ clipArtType: z.number().optional(), lineDrawingType: z.number().optional() }).optional(),
    objects: list(z.object({ object: z.string(), confidence, rectangle })).optional(),
    brands: list(named.extend({ rectangle })).optional(),
    faces: list(z.object({ faceRectangle: rectangle })).optional(),
    adult: adult.optional(),
    text: list(z.string()).optional().meta({ description: 'Lines in reading order.' }),
    denseCaptions: list(z.object({ text: z.string(), confidence, rectangle })).optional(),
    people: list(z.object({ confidence, rectangle })).optional(),
    smartCrops: list(z.object({ aspectRatio: z.number(), rectangle })).optional(),
  })
  .meta({ id: 'ImageAnalysis' });

const stage = z.enum(['listing', 'download', 'cache', 'vision', 'save']);

const imageError = z.object({
  code: z.string(),
  stage,
  message: z.string(),
  retryable: z.boolean(),
  httpStatus: z.number().int().optional(),
  requestId: z.string().optional(),
  features: list(z.string()).optional().meta({ description: 'What Vision was asked for when it refused.' }),
});

const attempt = z.object({
  stage,
  startedAt: time,
  waitMs: z.number().nonnegative(),
  workMs: z.number().nonnegative(),
  runId: z.string(),
  httpStatus: z.number().int().optional(),
  requestId: z.string().optional(),
  code: z.string().optional(),
  retryable: z.boolean().optional(),
  ...sparseCounterFields(['bytesDownloaded']),
  count: count.optional().meta({ description: 'How many of its kind it stands for; absent: one.' }),
});

const counters = z
  .record(z.string(), z.number().int())
  .readonly()
  .meta({ description: 'Sparse vector of integers: what the image adds to the totals of its container.' });

export const ImageStatusSchema = z.enum(['succeeded', 'failed', 'skipped', 'removed']).meta({ id: 'ImageStatus' });

export const ImageSchema = z
  .object({
    id: z.string(),
    container: z.string(),
    blob: z.string(),
    etag: z.string(),
    sizeBytes: count,
    contentType: z.string().optional(),
    lastModified: z.string().optional(),
    contentHash: z.string().optional().meta({ description: 'sha256 of the bytes, hexadecimal.' }),
    status: ImageStatusSchema,
    reason: z
      .string()
      .optional()
      .meta({ description: 'Why there is no analysis: too-small, corrupt, vision-..., ...' }),
    error: imageError.optional(),
    analysis: ImageAnalysisSchema.optional().meta({
      description: 'Of these bytes. An image that failed when more was asked for keeps what it had before.',
    }),
    analyzer: z
      .object({ provider: z.string(), version: z.string(), features: list(z.string()), language: z.string() })
      .optional()
      .meta({ description: 'Who said it, and which features were answered.' }),
    source: z.enum(['call', 'cache']).optional(),
    transactions: count,
    runId: z.string(),
    runStartedAt: time.optional().meta({ description: 'Of that run. Absent in documents of older builds.' }),
    chunkId: z.string(),
    attempts: list(attempt),
    contribution: counters,
    replaced: counters,
    analyzedAt: time,
  })
  .meta({ id: 'Image', description: 'One image and what is known of it now.' });
