import fc from 'fast-check';
import { type Operation, type Parameter, resolved, type Schema } from './operations';
import { contentType, encoded, wildBody, wildHeader, wildSegment, wildText, wildValue } from './wild';

/** Requests for one operation: some as they should be, most with something in them that should not. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Names that lead somewhere, by the name of their parameter, so that not every request ends at the first check. */
export type Known = Readonly<Record<string, readonly string[]>>;

const HEADERS = ['x-contactsheet-user', 'x-request-id', 'x-ms-client-request-id', 'x-ms-continuation-token'];
const PROXY = ['accept', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'sec-fetch-site', 'content-encoding'];

/** Parameters of a query without which nothing is done: the starter's container, a signal's operation. */
const NEEDED = ['container', 'createdTimeFrom', 'op'];

export function requestsOf(operation: Operation, known: Known): fc.Arbitrary<Sent> {
  const { method, path, parameters, body } = operation;
  const places = parameters.filter((one) => one.in === 'path');
  const query = parameters.filter((one) => one.in === 'query');
  return fc
    .record({
      method: fc.oneof(
        { weight: 20, arbitrary: fc.constant(method) },
        fc.constantFrom('HEAD', 'OPTIONS', 'PATCH', 'DELETE', 'PUT'),
      ),
      segments: fc.tuple(...places.map(({ name }) => segment(known[name] ?? []))),
      query: queryOf(query, known),
      headers: headersOf(body !== undefined),
      body:
        body === undefined
          ? fc.oneof({ weight: 6, arbitrary: fc.constant('') }, wildBody)
          : fc.oneof(
              { weight: 4, arbitrary: near(body, known).map((value) => JSON.stringify(value) ?? '') },
              { weight: 3, arbitrary: fc.constant('') },
              wildBody,
            ),
    })
    .map(({ segments, ...request }) => {
      const filled = places.reduce(
        (whole, { name }, index) => whole.replace(`{${name}}`, () => segments[index] ?? ''),
        path,
      );
      return { ...request, path: filled + request.query };
    });
}

function segment(known: readonly string[]): fc.Arbitrary<string> {
  if (known.length === 0) return wildSegment;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known).map(encoded) }, wildSegment);
}

function queryOf(parameters: readonly Parameter[], known: Known): fc.Arbitrary<string> {
  const pair = (name: string, value: string) => `${name}=${value}`;
  const declared = parameters.map(({ name, schema }) =>
    fc.option(
      fc
        .oneof({ weight: 3, arbitrary: plainValue(schema, known[name]).map(encoded) }, wildSegment)
        .map((value) => pair(name, value)),
      { nil: undefined, freq: NEEDED.includes(name) ? 8 : 1 },
    ),
  );
  const strange = fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    fc.tuple(wildSegment, wildSegment).map(([name, value]) => pair(name, value)),
    fc.constantFrom('a[b][c]=1', '&&&', 'maxpagesize=1&maxpagesize=2', '=', '%zz=1', '__proto__=1'),
    ...parameters.map(({ name, schema }) =>
      fc.oneof(
        fc.constantFrom(`${name}=`, name, `${name}=null`, `${name}[]=1`, `${name}=1e400`, `${name}=${'9'.repeat(400)}`),
        fc
          .tuple(plainValue(schema), plainValue(schema))
          .map((twice) => twice.map((one) => pair(name, encoded(one))).join('&')),
      ),
    ),
  );
  return fc.tuple(...declared, strange).map((pairs) => {
    const said = pairs.filter((one) => one !== undefined);
    return said.length === 0 ? '' : `?${said.join('&')}`;
  });
}

function plainValue(schema: Schema, known: readonly string[] = []): fc.Arbitrary<string> {
  if (known.length > 0) return fc.constantFrom(...known);
  return near(schema, {}).map((value) => (Array.isArray(value) ? value.map(asText).join(',') : asText(value)));
}

/** An object as JSON: one with a `toString` of its own, or without any, has no other text. */
function asText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function headersOf(hasBody: boolean): fc.Arbitrary<Readonly<Record<string, string>>> {
  const some = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    fc.dictionary(fc.constantFrom(...HEADERS), wildHeader, { maxKeys: 3 }),
    fc.dictionary(fc.constantFrom(...HEADERS, ...PROXY), wildHeader, { maxKeys: 3 }),
  );
  const type = hasBody ? contentType : fc.oneof(fc.constant(undefined), contentType);
  return fc
    .tuple(some, type)
    .map(([headers, content]) => (content === undefined ? headers : { ...headers, 'content-type': content }));
}

/** A value that fits the schema, or misses it by a little. A text in a field that is known by name leads somewhere. */
function near(schema: Schema, known: Known, field = ''): fc.Arbitrary<unknown> {
  const { type, properties = {}, ...rest } = resolved(schema);
  if (rest.enum) return mostly(fc.constantFrom(...rest.enum));
  if (rest.anyOf) return fc.oneof(...rest.anyOf.map((one) => near(one, known, field)));
  const types = typeof type === 'string' ? [type] : (type ?? []);
  if (types.length > 1) return fc.oneof(...types.map((one) => near({ ...resolved(schema), type: one }, known, field)));
  switch (types[0]) {
    case 'object':
      return fc.oneof(
        { weight: 4, arbitrary: objectOf(properties, rest.required ?? [], known) },
        { weight: 1, arbitrary: objectOf({ ...properties, unknown: {} }, [], known) },
        { weight: 1, arbitrary: mapOf(rest.additionalProperties, known) },
      );
    case 'array':
      return fc.array(near(rest.items ?? {}, known), { maxLength: 4 });
    case 'integer':
    case 'number':
      return mostly(numberOf(rest, types[0] === 'integer'));
    case 'boolean':
      return mostly(fc.boolean());
    case 'null':
      return fc.constant(null);
    default:
      return mostly(textOf(known[field]));
  }
}

function textOf(known: readonly string[] = []): fc.Arbitrary<string> {
  const any = fc.oneof(fc.string({ maxLength: 20 }), wildText);
  return known.length === 0 ? any : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, any);
}

function objectOf(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  known: Known,
): fc.Arbitrary<unknown> {
  const fields: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, near(schema, known, name)]),
  );
  return fc.record(fields, {
    requiredKeys: required.filter((name) => name in properties),
  });
}

function mapOf(values: boolean | Schema | undefined, known: Known): fc.Arbitrary<unknown> {
  return fc.dictionary(wildText, typeof values === 'object' ? near(values, known) : wildValue, { maxKeys: 4 });
}

function numberOf({ minimum, exclusiveMinimum, maximum }: Schema, isInteger: boolean): fc.Arbitrary<number> {
  const [least, most] = [Math.max(0, minimum ?? exclusiveMinimum ?? 0), Math.min(maximum ?? 1e6, 1e6)];
  const within = isInteger
    ? fc.integer({ min: Math.ceil(least), max: Math.floor(most) })
    : fc.double({ min: least + 0.001, max: most, noNaN: true });
  return fc.oneof({ weight: 4, arbitrary: within }, fc.constantFrom(least - 1, least, most, most + 1, 0.1, 1e308));
}

const mostly = (fitting: fc.Arbitrary<unknown>) => fc.oneof({ weight: 6, arbitrary: fitting }, wildValue);
