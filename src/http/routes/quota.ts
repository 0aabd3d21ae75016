import type { Router } from 'express';
import type { z } from 'zod';
import type { RouteDeps } from '../route-deps';
import { bodyOrEmpty } from '../json-body';
import type { QuotaAsked, QuotaReading } from '../../use-cases/quota/port';
import { serve } from '../route';
import { type QuotaBody, QuotaSchema, SetQuotaBody } from '../../contract/schemas/quota';
import { onlyFields } from '../field-order';
import { noQuery, parsePart } from '../validation';

export function quotaRoutes(router: Router, { useCases }: RouteDeps): void {
  serve(router, '/api/v1/quota', {
    GET: async (req, res) => {
      noQuery(req.query);
      res.json(quotaBody(await useCases.getQuota()));
    },
    PUT: async (req, res) => {
      noQuery(req.query);
      const asked = parsePart(SetQuotaBody, 'body', bodyOrEmpty(req));
      res.json(quotaBody(await useCases.setQuota(changeOf(asked))));
    },
  });
}

function changeOf(asked: z.output<typeof SetQuotaBody>): QuotaAsked {
  const { ratePerMinute, ...rest } = asked;
  const byMinute =
    ratePerMinute === undefined ? {} : { ratePerSecond: ratePerMinute === null ? null : ratePerMinute / 60 };
  const named = { ...rest, ...byMinute };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** In the unit that the caller used. */
function quotaBody({ ratePerSecond, weights = {}, ...quota }: QuotaReading): QuotaBody {
  return onlyFields({ ...quota, ...rateOf(ratePerSecond), weights }, QuotaSchema);
}

function rateOf(ratePerSecond: number | undefined): Pick<QuotaBody, 'ratePerSecond' | 'ratePerMinute'> {
  if (ratePerSecond === undefined) return {};
  const bySecond = rounded(ratePerSecond);
  // A rate that was given by the minute is not shown as a third of a call.
  if (ratePerSecond >= 1 && Math.abs(bySecond - ratePerSecond) < STORED_TO) return { ratePerSecond: bySecond };
  return { ratePerMinute: rounded(ratePerSecond * 60) };
}

/** The state store keeps six decimals of a number: 20 a minute comes back as 0.333333 a second. */
const STORED_TO = 1e-6;

/** To what a minute of the six decimals leaves true. */
function rounded(rate: number): number {
  return Math.round(rate * 1e4) / 1e4;
}
