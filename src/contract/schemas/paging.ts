import { type ZodType, z } from 'zod';
import { list } from './values';

const DEFAULT_PAGE = 50;
/** Azure's guidelines let a server return fewer than are asked for, and let nobody be refused for asking for more. */
const MAX_PAGE = 100;
/** Address and headers together have 16 KB. */
const MAX_CONTINUATION = 12_288;

/** Query of every list. */
export const pageQuery = {
  maxpagesize: z
    .string()
    .regex(/^0*[1-9]\d*$/, 'A whole number from 1.')
    .transform((text) => Math.min(Number(text), MAX_PAGE))
    .default(DEFAULT_PAGE)
    .meta({
      description: `The most that is wanted. A page holds ${MAX_PAGE} at most, and may hold fewer: follow nextLink.`,
      shownAs: { type: 'integer', minimum: 1, default: DEFAULT_PAGE },
    }),
  continuation: z.string().min(1).max(MAX_CONTINUATION).optional().meta({ description: 'From nextLink, as it is.' }),
};

export function pageOf<T extends ZodType>(item: T, id: string) {
  return z
    .object({ value: list(item), nextLink: z.url().optional().meta({ description: 'Absent on the last page.' }) })
    .meta({ id });
}
