import type { Request, Router } from 'express';
import { approveRun, pauseRun, resumeRun, retryRun } from '../../contract/endpoints/run-commands';
import type { RouteDeps } from '../route-deps';
import { bodyOrEmpty } from '../json-body';
import { serve } from '../route';
import { AuditEntrySchema } from '../../contract/schemas/run';
import { onlyFields } from '../field-order';
import { noQuery, parsePart } from '../validation';
import { runBody, runIdParam, sendAccepted } from './runs';

/**
 * What an owner says to a run: `POST /api/v1/runs/{id}:VERB`. Answers 202 with the run as it is now; said again it answers
 * the same, and 409 with the present state where it makes no sense.
 */

/** Who says it, for the audit trail; nothing is decided by it. */
const WHO_HEADER = 'x-contactsheet-user';
const WHO = /^[\x20-\x7e]{1,128}$/;

export const CONTROL_VERBS = ['pause', 'resume', 'cancel', 'decline'] as const;

export function runCommandRoutes(router: Router, { useCases, links }: RouteDeps): void {
  for (const verb of CONTROL_VERBS) {
    serve(router, `/api/v1/runs/:id\\:${verb}`, {
      POST: async (req, res) => {
        const id = runIdParam(req);
        noQuery(req.query);
        const said = parsePart(verb === 'resume' ? resumeRun.body : pauseRun.body, 'body', bodyOrEmpty(req));
        const run = await useCases.controlRun({ id, verb, who: whoOf(req), ...defined(said) });
        sendAccepted(res, runBody(run, links.for(req)));
      },
    });
  }
  serve(router, '/api/v1/runs/:id\\:approve', {
    POST: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const { planHash, maxTransactions } = parsePart(approveRun.body, 'body', bodyOrEmpty(req));
      const run = await useCases.approveRun({ id, who: whoOf(req), planHash, ...defined({ maxTransactions }) });
      sendAccepted(res, runBody(run, links.for(req)));
    },
  });
  serve(router, '/api/v1/runs/:id\\:retry', {
    POST: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const { dryRun, maxTransactions, ...rest } = parsePart(retryRun.body, 'body', bodyOrEmpty(req));
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
