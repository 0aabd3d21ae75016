import type { z } from 'zod';
import { COUNTERS, type Counter } from '../../domain/counters';
import { count } from './values';

/** The fields of these counters, each described by the list of counters. */
export function counterFields<const Names extends readonly Counter[]>(
  names: Names,
): Record<Names[number], z.ZodNumber> {
  const fields = names.map((name) => [name, count.meta({ description: COUNTERS[name].meaning })]);
  return Object.fromEntries(fields) as Record<Names[number], z.ZodNumber>;
}

/** The same of a document that tells a counter only where it is not 0. */
export function sparseCounterFields<const Names extends readonly Counter[]>(
  names: Names,
): Record<Names[number], z.ZodOptional<z.ZodNumber>> {
  const fields = names.map((name) => [
    name,
    count.optional().meta({ description: `${COUNTERS[name].meaning} Absent: none.` }),
  ]);
  return Object.fromEntries(fields) as Record<Names[number], z.ZodOptional<z.ZodNumber>>;
}
