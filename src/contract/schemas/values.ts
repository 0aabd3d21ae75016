import { type ZodType, z } from 'zod';

/** Small schemas that several documents share. */

export const count = z.number().int().nonnegative();

export const money = z.number().nonnegative();

/** RFC 3339, UTC. */
export const time = z.iso.datetime();

/** 0..1 */
export const confidence = z.number().min(0).max(1);

export function list<T extends ZodType>(item: T) {
  return z.array(item).readonly();
}

/** Counts by name. */
export const tally = z.record(z.string(), count).readonly();

/** A blob name or the beginning of one: at most 1,024 characters, and text that UTF-8 can carry. */
export const blobText = z
  .string()
  .max(1_024)
  .refine((text) => !/\p{Surrogate}/u.test(text), 'Half of a surrogate pair is not text.');
