import type { z } from 'zod';
import { type QuotaBody, QuotaSchema, type SetQuotaBody } from '../../contract/schemas/quota';
import { defined } from '../../domain/defined';
import type { QuotaAsked, QuotaReading, QuotaUseCases } from '../../use-cases/quota/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';

export function getQuota(ask: Pick<QuotaUseCases, 'getQuota'>): Handler<'getQuota'> {
  return async () => ({ status: 200, body: quotaBody(await ask.getQuota()) });
}

export function setQuota(ask: Pick<QuotaUseCases, 'setQuota'>): Handler<'setQuota'> {
  return async ({ body }) => ({ status: 200, body: quotaBody(await ask.setQuota(changeOf(body))) });
}

function changeOf(asked: z.output<typeof SetQuotaBody>): QuotaAsked {
  const { ratePerMinute, ...rest } = asked;
  const byMinute =
    ratePerMinute === undefined ? {} : { ratePerSecond: ratePerMinute === null ? null : ratePerMinute / 60 };
  return defined({ ...rest, ...byMinute });
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
