import { z } from 'zod';
import { endpoint, json, refusals, stream } from '../endpoint';
import { HealthSchema } from '../schemas/health';
import { QuotaSchema, SetQuotaBody } from '../schemas/quota';

/** The installation: its quota, its probes, and its own description. */

export const getQuota = endpoint({
  id: 'getQuota',
  method: 'GET',
  path: '/api/v1/quota',
  access: 'reader',
  summary: 'The Vision quota, and what this month has cost',
  tags: ['Quota'],
  answers: { 200: json('The quota', QuotaSchema), ...refusals(400) },
});

export const setQuota = endpoint({
  id: 'setQuota',
  method: 'PUT',
  path: '/api/v1/quota',
  access: 'approver',
  summary: 'Change the quota, also during runs',
  tags: ['Quota'],
  body: SetQuotaBody,
  answers: { 200: json('The quota as it is now', QuotaSchema), ...refusals(400, 403, 413, 415) },
});

export const livez = endpoint({
  id: 'livez',
  method: 'GET',
  path: '/livez',
  access: 'public',
  summary: 'Does the process answer?',
  tags: ['Health'],
  query: z.looseObject({}),
  answers: { 200: json('Yes', HealthSchema), ...refusals(405) },
});

export const readyz = endpoint({
  id: 'readyz',
  method: 'GET',
  path: '/readyz',
  access: 'public',
  summary: 'May it take traffic? `?verbose` lists the checks',
  tags: ['Health'],
  query: z.looseObject({
    verbose: z
      .unknown()
      .optional()
      .meta({ description: 'With any value, or none.', shownAs: { type: 'string' } }),
  }),
  answers: { 200: json('Yes', HealthSchema), 503: json('No', HealthSchema), ...refusals(405) },
});

export const healthz = endpoint({
  id: 'healthz',
  method: 'GET',
  path: '/healthz',
  access: 'public',
  summary: 'May the sidecar deliver?',
  tags: ['Health'],
  query: z.looseObject({}),
  answers: { 200: json('Yes', HealthSchema), 503: json('No', HealthSchema), ...refusals(405) },
});

export const getOpenApi = endpoint({
  id: 'getOpenApi',
  method: 'GET',
  path: '/openapi.json',
  access: 'public',
  summary: 'This document',
  tags: ['Description'],
  query: z.looseObject({}),
  answers: {
    200: stream('OpenAPI 3.1', { 'application/json': z.looseObject({ openapi: z.string() }) }),
    ...refusals(405),
  },
});

export const getErrorPage = endpoint({
  id: 'getErrorPage',
  method: 'GET',
  path: '/docs/errors',
  access: 'public',
  summary: 'Every error code with its cause and cure, as a page',
  tags: ['Description'],
  query: z.looseObject({}),
  answers: { 200: stream('The page', { 'text/html': z.string() }), ...refusals(405) },
});
