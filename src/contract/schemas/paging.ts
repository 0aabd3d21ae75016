import { type ZodType, z } from 'zod';
import { list } from './values';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;

/** Query of every list. */
export const pageQuery = {
  maxpagesize: z
    .string()
    .regex(/^\d{1,3}$/, 'A whole number from 1 to 100.')
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_PAGE))
    .default(DEFAULT_PAGE)
    .meta({
      description: 'A page may hold fewer.',
      shownAs: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
    }),
  continuation: z.string().min(1).max(16_384).optional().meta({ description: 'From nextLink, as it is.' }),
};

export function pageOf<T extends ZodType>(item: T, id: string) {
  return z
    .object({ value: list(item), nextLink: z.url().optional().meta({ description: 'Absent on the last page.' }) })
    .meta({ id });
}
