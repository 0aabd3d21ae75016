import type { Router } from 'express';
import type { z } from 'zod';
import type { QuotaChange } from '../../domain/quota';
import type { RouteDeps } from '../api';
import { jsonBody } from '../json-body';
import type { QuotaReading } from '../quota-use-cases';
import { serve } from '../route';
import { type QuotaBody, SetQuotaBody } from '../schemas/quota';
import { noQuery, parsePart } from '../validation';

export function quotaRoutes(router: Router, { useCases }: RouteDeps): void {
  serve(router, '/api/v1/quota', {
    GET: async (req, res) => {
      noQuery(req.query);
      res.json(quotaBody(await useCases.getQuota()));
    },
    PUT: async (req, res) => {
      noQuery(req.query);
      const asked = parsePart(SetQuotaBody, 'body', jsonBody(req) ?? {});
      res.json(quotaBody(await useCases.setQuota(changeOf(asked))));
    },
  });
}

function changeOf(asked: z.output<typeof SetQuotaBody>): QuotaChange & { readonly resource?: string } {
  const { ratePerMinute, ...rest } = asked;
  const byMinute =
    ratePerMinute === undefined ? {} : { ratePerSecond: ratePerMinute === null ? null : ratePerMinute / 60 };
  const named = { ...rest, ...byMinute };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** In the unit in which it is said. */
function quotaBody({ ratePerSecond, weights = {}, ...quota }: QuotaReading): QuotaBody {
  return { ...quota, ...rateOf(ratePerSecond), weights };
}

function rateOf(ratePerSecond: number | undefined): Pick<QuotaBody, 'ratePerSecond' | 'ratePerMinute'> {
  if (ratePerSecond === undefined) return {};
  // A rate that was given by the minute is not shown as a third of a call.
  if (ratePerSecond >= 1) return { ratePerSecond: rounded(ratePerSecond) };
  return { ratePerMinute: rounded(ratePerSecond * 60) };
}

function rounded(rate: number): number {
  return Number(rate.toPrecision(12));
}
