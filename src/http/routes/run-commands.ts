import type { Request, Router } from 'express';
import { z } from 'zod';
import type { RouteDeps } from '../route-deps';
import { jsonBody } from '../json-body';
import { serve } from '../route';
import { AuditEntrySchema, RetryScopeSchema } from '../schemas/run';
import { blobText, onlyFields } from '../schemas/values';
import { noQuery, parsePart } from '../validation';
import { MaxTransactionsSchema, runBody, runIdParam, sendAccepted } from './runs';

/**
 * What an owner says to a run: `POST /api/v1/runs/{id}:VERB`. Answers 202 with the run as it is now; said again it answers
 * the same, and 409 with the present state where it makes no sense.
 */

/** Who says it, for the audit trail; nothing is decided by it. */
const WHO_HEADER = 'x-contactsheet-user';
const WHO = /^[\x20-\x7e]{1,128}$/;

const reason = z
  .string()
  .max(500)
  .refine((text) => !/\p{Surrogate}/u.test(text), 'Half of a surrogate pair is not text.')
  .meta({ description: 'Stands in the run and in its audit trail.' });

export const ReasonBody = z.strictObject({ reason: reason.optional() }).meta({ id: 'Command' });

export const ResumeBody = z
  .strictObject({
    reason: reason.optional(),
    maxTransactions: MaxTransactionsSchema.optional().meta({
      description: 'A new cap, of all the run spends: what a run that stopped at its budget needs.',
    }),
  })
  .meta({ id: 'Resume' });

export const ApproveBody = z
  .strictObject({
    planHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits.')
      .meta({ description: 'From `quote` of the run.' }),
    maxTransactions: MaxTransactionsSchema.optional(),
  })
  .meta({ id: 'Approve' });

export const RetryBody = z
  .strictObject({
    ...RetryScopeSchema.shape,
    prefix: blobText.optional().meta({ description: 'Only blobs whose names start with it.' }),
    maxTransactions: MaxTransactionsSchema.optional().meta({
      description: 'Stop before the retry spends more. Default: the cap of the run that is tried again.',
    }),
    dryRun: z.boolean().optional().meta({ description: 'Only say what would be tried again.' }),
  })
  .meta({ id: 'Retry' });

export const CONTROL_VERBS = ['pause', 'resume', 'cancel', 'decline'] as const;

export function runCommandRoutes(router: Router, { useCases, links }: RouteDeps): void {
  for (const verb of CONTROL_VERBS) {
    serve(router, `/api/v1/runs/:id\\:${verb}`, {
      POST: async (req, res) => {
        const id = runIdParam(req);
        noQuery(req.query);
        const said = parsePart(verb === 'resume' ? ResumeBody : ReasonBody, 'body', jsonBody(req) ?? {});
        const run = await useCases.controlRun({ id, verb, who: whoOf(req), ...defined(said) });
        sendAccepted(res, runBody(run, links.for(req)));
      },
    });
  }
  serve(router, '/api/v1/runs/:id\\:approve', {
    POST: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const { planHash, maxTransactions } = parsePart(ApproveBody, 'body', jsonBody(req) ?? {});
      const run = await useCases.approveRun({ id, who: whoOf(req), planHash, ...defined({ maxTransactions }) });
      sendAccepted(res, runBody(run, links.for(req)));
    },
  });
  serve(router, '/api/v1/runs/:id\\:retry', {
    POST: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const { dryRun, maxTransactions, ...rest } = parsePart(RetryBody, 'body', jsonBody(req) ?? {});
      const filter = defined(rest);
      if (dryRun) res.json(await useCases.forecastRetry({ id, filter }));
      else {
        const run = await useCases.retryRun({ id, filter, who: whoOf(req), ...defined({ maxTransactions }) });
        sendAccepted(res, runBody(run, links.for(req)));
      }
    },
  });
  serve(router, '/api/v1/runs/:id/audit', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const entries = await useCases.getAudit(id);
      res.json({ value: entries.map((entry) => onlyFields(entry, AuditEntrySchema)) });
    },
  });
}

export function whoOf(req: Request): string {
  const who = req.get(WHO_HEADER)?.trim();
  return who !== undefined && WHO.test(who) ? who : 'api';
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}
