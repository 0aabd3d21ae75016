import { type ZodType, z } from 'zod';
import { impossibleCharacter } from '../../domain/image/blob-name';

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

/** A blob name or the beginning of one: at most 1,024 characters, and none that no blob name has (blob-name.ts). */
export const blobText = z
  .string()
  .max(1_024)
  .superRefine((text, issues) => {
    const character = impossibleCharacter(text);
    if (character === undefined) return;
    issues.addIssue({ code: 'custom', message: `No blob name holds ${character}: leave it out.` });
  });
