import { z } from 'zod';
import { MAX_SAMPLE } from '../../domain/money/sample';
import { empty, endpoint, json, refusals } from '../endpoint';
import { ActivityEntrySchema } from '../schemas/activity';
import { FeaturesSchema, PrefixSchema } from '../schemas/analysis';
import { ContainerEntrySchema, ContainerSchema } from '../schemas/container';
import { ImageSchema, ImageStatusSchema } from '../schemas/image';
import { ImageHistorySchema } from '../schemas/image-history';
import { BlobName, ContainerName, inContainer } from '../schemas/names';
import { pageOf, pageQuery } from '../schemas/paging';
import { ContainerQuoteSchema } from '../schemas/run';
import { OperationSchema, RepairSchema, VerificationSchema } from '../schemas/verification';
import { SetWatchBody, WatchSchema } from '../schemas/watch';
import { confirmShrink } from './runs';

/** Containers: what is known of them and their images, what a run would cost, and how they are watched. */

const ofBlob = z.object({ container: ContainerName, blob: BlobName });

const takesLonger = json('It takes longer than 10 s: ask at Operation-Location', OperationSchema, {
  headers: { 'Operation-Location': 'Where to ask for the result.', 'Retry-After': 'Seconds.' },
});

export const listContainers = endpoint({
  id: 'listContainers',
  method: 'GET',
  path: '/api/v1/containers',
  access: 'reader',
  summary: 'All analysed containers, by name',
  tags: ['Containers'],
  query: z.strictObject(pageQuery),
  answers: { 200: json('A page of containers', pageOf(ContainerEntrySchema, 'ContainerPage')), ...refusals(400) },
});

export const getContainer = endpoint({
  id: 'getContainer',
  method: 'GET',
  path: '/api/v1/containers/{container}',
  access: 'reader',
  summary: 'Totals of a container',
  tags: ['Containers'],
  params: inContainer,
  answers: { 200: json('The totals', ContainerSchema), ...refusals(400, 404) },
});

export const listImages = endpoint({
  id: 'listImages',
  method: 'GET',
  path: '/api/v1/containers/{container}/images',
  access: 'reader',
  summary: 'Images of a container, by name',
  tags: ['Containers'],
  params: inContainer,
  query: z.strictObject({
    status: ImageStatusSchema.optional(),
    tag: z.string().min(1).max(256).optional().meta({ description: 'In any case; tags are lower case.' }),
    ...pageQuery,
  }),
  answers: { 200: json('A page of images', pageOf(ImageSchema, 'ImagePage')), ...refusals(400, 404) },
});

export const getImage = endpoint({
  id: 'getImage',
  method: 'GET',
  path: '/api/v1/containers/{container}/images/{blob}',
  access: 'reader',
  summary: 'One image',
  tags: ['Containers'],
  params: ofBlob,
  answers: { 200: json('The image', ImageSchema), ...refusals(400, 404) },
});

export const getImageHistory = endpoint({
  id: 'getImageHistory',
  method: 'GET',
  path: '/api/v1/containers/{container}/images/{blob}/history',
  access: 'reader',
  summary: 'Each attempt at an image, and what you can do about it',
  tags: ['Containers'],
  params: ofBlob,
  answers: { 200: json('The history', ImageHistorySchema), ...refusals(400, 404) },
});

export const listActivity = endpoint({
  id: 'listActivity',
  method: 'GET',
  path: '/api/v1/containers/{container}/activity',
  access: 'reader',
  summary: 'What happened to a container, newest first',
  tags: ['Containers'],
  params: inContainer,
  query: z.strictObject(pageQuery),
  answers: { 200: json('A page of events', pageOf(ActivityEntrySchema, 'ActivityPage')), ...refusals(400, 404) },
});

export const quote = endpoint({
  id: 'quote',
  method: 'POST',
  path: '/api/v1/containers/{container}/quotes',
  access: 'operator', // a sample spends
  summary: 'What a run would cost, without starting it; with a sample, what some images really cost',
  tags: ['Runs'],
  params: inContainer,
  query: z.strictObject({
    sample: z
      .string()
      .regex(/^\d{1,3}$/, `A whole number from 1 to ${MAX_SAMPLE}.`)
      .transform(Number)
      .pipe(z.number().min(1).max(MAX_SAMPLE))
      .optional()
      .meta({
        description: 'First analyse this many random images, and measure. This calls Vision and costs money.',
        shownAs: { type: 'integer', minimum: 1, maximum: MAX_SAMPLE },
      }),
  }),
  body: z
    .strictObject({ prefix: PrefixSchema.optional(), features: FeaturesSchema.optional() })
    .meta({ id: 'AskQuote' }),
  answers: {
    200: json('The quote', ContainerQuoteSchema),
    202: takesLonger,
    ...refusals(400, 403, 404, 409, 413, 415),
  },
});

export const verifyContainer = endpoint({
  id: 'verifyContainer',
  method: 'POST',
  path: '/api/v1/containers/{container}:verify',
  access: 'operator',
  summary: 'Compare the documents with the listing and the totals',
  tags: ['Containers'],
  params: inContainer,
  answers: {
    200: json('What differs', VerificationSchema),
    202: takesLonger,
    ...refusals(400, 403, 404, 409, 413, 415),
  },
});

export const repairContainer = endpoint({
  id: 'repairContainer',
  method: 'POST',
  path: '/api/v1/containers/{container}:repair',
  access: 'operator',
  summary: 'Correct the totals, and remove documents whose blobs are gone',
  tags: ['Containers'],
  params: inContainer,
  query: z.strictObject({ confirmShrink: confirmShrink('Remove orphans even if they are many of the known images.') }),
  answers: { 200: json('What was changed', RepairSchema), 202: takesLonger, ...refusals(400, 403, 404, 409, 413, 415) },
});

export const getOperation = endpoint({
  id: 'getOperation',
  method: 'GET',
  path: '/api/v1/operations/{id}',
  access: 'reader',
  summary: 'A long-running request',
  tags: ['Containers'],
  params: z.object({ id: z.string() }),
  answers: {
    200: json('The operation', OperationSchema, { mayHave: { 'Retry-After': 'Seconds, while it goes on.' } }),
    ...refusals(400, 404),
  },
});

export const cancelOperation = endpoint({
  id: 'cancelOperation',
  method: 'POST',
  path: '/api/v1/operations/{id}:cancel',
  access: 'operator',
  summary: 'Ask a long-running request to end: it changes nothing more a second later',
  tags: ['Containers'],
  params: z.object({ id: z.string() }),
  answers: {
    202: json('The operation as it is: still running, or as it had ended before', OperationSchema, {
      headers: { 'Retry-After': 'Seconds until it is worth another look.' },
    }),
    ...refusals(400, 403, 404, 413, 415),
  },
});

export const getWatch = endpoint({
  id: 'getWatch',
  method: 'GET',
  path: '/api/v1/containers/{container}/watch',
  access: 'reader',
  summary: 'The watch of a container, and what its last check found',
  tags: ['Containers'],
  params: inContainer,
  answers: { 200: json('The watch', WatchSchema), ...refusals(400, 404) },
});

export const setWatch = endpoint({
  id: 'setWatch',
  method: 'PUT',
  path: '/api/v1/containers/{container}/watch',
  access: 'operator',
  summary: 'Watch a container: start a run whenever it has changed',
  tags: ['Containers'],
  params: inContainer,
  body: SetWatchBody,
  answers: { 200: json('The watch; it looks at once', WatchSchema), ...refusals(400, 403, 404, 413, 415) },
});

export const removeWatch = endpoint({
  id: 'removeWatch',
  method: 'DELETE',
  path: '/api/v1/containers/{container}/watch',
  access: 'operator',
  summary: 'Stop watching a container; runs that it started continue',
  tags: ['Containers'],
  params: inContainer,
  answers: { 204: empty('Not watched'), ...refusals(400, 403, 413, 415) },
});
