import { type Operation, resolved, type Schema } from './operations';
import type { Sent } from './requests';

/**
 * What a request has that its description does not allow, read from the description alone: not by the schemas that the
 * service itself asks. A request that was taken must have nothing of it.
 *
 * I1 Durable Functions takes parameters in any case, and unknown ones, as the extension does. Probes and pages of the
 *    installation answer whatever is asked with them. Only the queries of the API are looked at.
 * I2 An event has any body: only that of `approval` has a shape.
 */
export function undescribed(operation: Operation, { path, body, headers }: Sent): string[] {
  const isOfApi = operation.path.startsWith('/api/v1/');
  return [
    ...(isOfApi ? undescribedQuery(operation, path.split('?')[1] ?? '') : []), // I1
    ...(operation.body && body !== '' && !path.includes('/raiseEvent/')
      ? undescribedBody(operation.body, body, headers['content-type'])
      : []), // I2
  ];
}

function undescribedQuery({ parameters }: Operation, query: string): string[] {
  const declared = new Map(parameters.filter((one) => one.in === 'query').map(({ name, schema }) => [name, schema]));
  const given = [...new URLSearchParams(query)];
  const unknown = given.filter(([name]) => name !== '' && !declared.has(name)).map(([name]) => `?${name} is unknown`);
  const misfits = [...declared].flatMap(([name, schema]) => {
    const values = given.filter(([one]) => one === name).map(([, value]) => value);
    if (values.length === 0) return [];
    if (schema.type === 'array') return values.flatMap((value) => misfit(schema, value.split(','), `?${name}`));
    return values.length > 1 ? [`?${name} stands twice`] : misfit(schema, read(schema, values[0] ?? ''), `?${name}`);
  });
  return [...unknown, ...misfits];
}

/** What the text of a parameter says under its schema; the text itself where it says nothing. */
function read({ type }: Schema, text: string): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text))
    return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function undescribedBody(schema: Schema, body: string, contentType = ''): string[] {
  if (!/json/.test(contentType)) return [`a body of ${contentType || 'no type'}`];
  try {
    return misfit(schema, JSON.parse(body.replace(/^\ufeff/, '')), 'body');
  } catch {
    return ['a body that is no JSON'];
  }
}

/** By the words that the description uses; each that is left out here allows more, never less. */
function misfit(schema: Schema, value: unknown, at: string): string[] {
  const { type, anyOf, const: one, enum: few, ...rest } = resolved(schema);
  if (anyOf) {
    const misfits = anyOf.map((form) => misfit(form, value, at));
    return misfits.some((faults) => faults.length === 0) ? [] : misfits.flat();
  }
  if (one !== undefined && one !== value) return [`${at} is not ${JSON.stringify(one)}`];
  if (few && !few.includes(value)) return [`${at} is none of ${JSON.stringify(few)}`];
  const types = typeof type === 'string' ? [type] : (type ?? []);
  if (types.length > 0 && !types.some((name) => isOf(name, value))) return [`${at} is no ${types.join(' or ')}`];
  if (typeof value === 'number') return misfitNumber(rest, value, at);
  if (typeof value === 'string') return [...value].length > (rest.maxLength ?? Infinity) ? [`${at} is too long`] : [];
  if (Array.isArray(value))
    return value.flatMap((item, n) => (rest.items ? misfit(rest.items, item, `${at}/${n}`) : []));
  return typeof value === 'object' && value !== null ? misfitObject(rest, value as Fields, at) : [];
}

type Fields = Readonly<Record<string, unknown>>;

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function misfitNumber({ minimum, exclusiveMinimum, maximum }: Schema, value: number, at: string): string[] {
  const isLow = value < (minimum ?? -Infinity) || value <= (exclusiveMinimum ?? -Infinity);
  return isLow || value > (maximum ?? Infinity) ? [`${at} is out of range`] : [];
}

function misfitObject(
  { properties = {}, required = [], additionalProperties: more }: Schema,
  value: Fields,
  at: string,
) {
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}/${name} is missing`);
  const misfits = Object.entries(value).flatMap(([name, inner]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) return misfit(known, inner, `${at}/${name}`);
    if (more === false) return [`${at}/${name} is unknown`];
    return typeof more === 'object' ? misfit(more, inner, `${at}/${name}`) : [];
  });
  return [...missing, ...misfits];
}
