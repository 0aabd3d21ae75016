import type { Request } from 'express';
import type { core, ZodObject } from 'zod';

/** A parameter in any case of its name, as .NET compared it; of repeated ones the first. */
export function parameter(req: Request, name: string): string | undefined {
  return valuesOf(req, name)[0];
}

/**
 * The query as Durable Functions reads it: names in any case, unknown ones left out, of repeated ones the first. Where the
 * schema says `repeats`, all of them. One that must be there and is not is read as empty.
 */
export function forgivingQuery(req: Request, schema: ZodObject): Record<string, string | string[]> {
  const pairs = Object.entries(schema.shape).flatMap(([name, field]) => {
    const values = valuesOf(req, name);
    const [first] = values;
    if (first === undefined) return isNeeded(field) ? [[name, ''] as const] : [];
    return [[name, field.meta()?.repeats === true && values.length > 1 ? values : first] as const];
  });
  return Object.fromEntries(pairs);
}

function isNeeded(field: core.$ZodType): boolean {
  return field._zod.optin === undefined;
}

function valuesOf(req: Request, name: string): string[] {
  return Object.entries(req.query)
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => [value].flat())
    .filter((value) => typeof value === 'string');
}
