import { z } from 'zod';
import { defined } from '../../domain/defined';
import { RUN_STATUSES } from '../../domain/run/run';
import { RUNTIME_STATUS } from '../../domain/run/runtime-status';
import type { CodedIssue } from './names';

/**
 * Parameters as Durable Functions reads them: forgiving, and of repeated ones the first.
 *
 * I1 Names are matched in any case, and unknown ones ignored, by whoever reads the query; values are read here.
 * I2 One that must be there and is not is read as empty.
 * I3 `repeats`: every value of the name is handed over, not the first alone.
 */
const MAX_TOP = 100;

export const text = (description?: string) => z.string().optional().meta(defined({ description }));

/** True or false in any case; anything else means `otherwise`. */
export const flag = (description: string, otherwise: boolean) =>
  z
    .string()
    .optional()
    .transform((value) =>
      value !== undefined && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : otherwise,
    )
    .meta({ description, shownAs: { type: 'string', enum: ['true', 'false'] } });

/** As a number of seconds. The waiting side reads it. */
export const seconds = (description: string) =>
  z
    .string()
    .optional()
    .meta({ description, shownAs: { type: 'number' } });

/** What stands in `detail` alone, without the place. */
export const plain = (message: string) =>
  ({ code: 'custom', message, params: { code: 'invalid-request' } satisfies CodedIssue }) as const;

const DATE = { type: 'string', format: 'date-time' };

function milliseconds(value: string | undefined, issues: z.RefinementCtx): number | undefined {
  if (value === undefined || value === '') return undefined;
  const timeMs = Date.parse(value);
  if (Number.isNaN(timeMs)) issues.addIssue(plain('Not a date as ISO 8601 writes it.'));
  return timeMs;
}

/** Milliseconds since 1970. */
export const date = (description: string) =>
  z.string().optional().transform(milliseconds).meta({ description, shownAs: DATE });

export const neededDate = (missing: string) =>
  z
    .string()
    .transform((value, issues) => {
      if (value === '') issues.addIssue(plain(missing));
      return milliseconds(value, issues) ?? Number.NaN;
    })
    .meta({ description: 'Required.', shownAs: DATE });

export const top = z
  .string()
  .optional()
  .transform((value, issues) => {
    if (value === undefined || value === '') return MAX_TOP;
    if (!/^\d{1,9}$/.test(value) || Number(value) < 1) {
      issues.addIssue(plain('A whole number from 1.'));
    }
    return Math.min(Number(value), MAX_TOP);
  })
  .meta({ description: `At most so many, ${MAX_TOP} at most.`, shownAs: { type: 'integer', minimum: 1 } });

/** undefined: any. A status that no run of ours can have filters everything out. */
export const runtimeStatus = z
  .union([z.string(), z.array(z.string()).readonly()])
  .optional()
  .transform((value = []) => {
    const asked = [value]
      .flat()
      .flatMap((one) => one.split(','))
      .map((one) => one.trim().toLowerCase())
      .filter((one) => one !== '');
    if (asked.length === 0) return undefined;
    return RUN_STATUSES.filter((status) => asked.includes(RUNTIME_STATUS[status].toLowerCase()));
  })
  .meta({
    description: `${[...new Set(Object.values(RUNTIME_STATUS))].join(', ')}; repeated or separated by commas.`,
    shownAs: { type: 'string' },
    repeats: true,
  });

/** What every operation of the contract takes besides. */
export const EVERYWHERE = {
  taskHub: text(),
  connection: text(),
  code: text('From the link, or the key of the operator (LINK_KEY).'),
};
