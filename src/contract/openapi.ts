import { type ZodObject, type ZodType, z } from 'zod';
import { defined } from '../domain/defined';
import { DURABLE_TASK_BASE } from './durable-task';
import { type Answer, type Endpoint, problem, TAGS } from './endpoint';
import { ENDPOINTS } from './endpoints';
import { allAnswersOf } from './guarded';
import { featuresTextOf } from './schemas/analysis';

/**
 * OpenAPI 3.1 from the values that the server and the client run on. The copy at the root of the repository is held equal
 * by test/http/openapi.test.ts; `UPDATE_OPENAPI=1 npx jest --selectProjects http -- test/http/openapi` rewrites it.
 *
 * I1 A schema with an id stands once under `components`.
 * I2 Schemas are shown as callers write them (`io: 'input'`); objects of answers stay open, as fields may be added.
 */
type Schema = { [key: string]: unknown };

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>>; readonly securitySchemes: object };
  readonly [key: string]: unknown;
}

export interface OperationObject {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, object>>;
}

export interface ParameterObject {
  readonly in: string;
  readonly name: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** `features`: what Vision offers this installation; without them both versions are described. */
export function openApiDocument(features?: readonly string[]): OpenApiDocument {
  const schemas = new Map<string, Schema>();
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const one of Object.values(ENDPOINTS) as Endpoint[]) {
    paths[one.path] = { ...paths[one.path], [one.method.toLowerCase()]: operationOf(one, schemas) };
  }
  const asked = schemas.get('Features');
  if (asked && features) schemas.set('Features', { ...asked, description: featuresTextOf(features) });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Contactsheet',
      version: '1',
      description: 'Analyses every image in a blob container, durably, and shows every step.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: Object.fromEntries(schemas), securitySchemes: SECURITY_SCHEMES },
  };
}

const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A key (`cs_...`) or a token of an OpenID provider, where AUTH has `keys` or `oidc`; with `proxy` the proxy says who asks. `x-access` names the least role of each operation.',
  },
  linkCode: {
    type: 'apiKey',
    in: 'query',
    name: 'code',
    description:
      'The code of a management link: it opens one verb of one run below `/runtime/webhooks/durabletask`, and nothing else. LINK_KEY itself opens everything there.',
  },
} as const;

/** One of these is enough; the empty one is for an installation that asks for nothing. */
function securityOf({ access, path }: Endpoint): readonly object[] {
  if (access === 'public') return [];
  return path.startsWith(DURABLE_TASK_BASE) ? [{}, { linkCode: [] }, { bearer: [] }] : [{}, { bearer: [] }];
}

function operationOf(one: Endpoint, schemas: Map<string, Schema>): OperationObject {
  const show = (schema: ZodType) => shown(schema, schemas);
  const { id, summary, tags, access, params, query, headers, body, answers } = one;
  const parameters = [
    ...parametersOf('path', params, show),
    ...parametersOf('query', query, show).filter(({ name }) => name !== 'code'), // it is a security scheme
    ...parametersOf('header', headers, show),
  ];
  const failure = one.path.startsWith(DURABLE_TASK_BASE) ? answers[400] : problem('');
  return {
    operationId: id,
    summary,
    tags,
    'x-access': access,
    security: securityOf(one),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: isNeeded(body), content: { 'application/json': { schema: show(body) } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(allAnswersOf(one)).map(([status, answer]) => [status, responseOf(answer, show)]),
      ),
      ...(failure && {
        default: responseOf({ ...failure, description: 'Something went wrong on our side' }, show),
      }),
    },
  } as OperationObject;
}

/** Whoever sends none is understood as having sent `{}`, or nothing at all. */
export function isNeeded(body: ZodType): boolean {
  return !body.safeParse(undefined).success && !body.safeParse({}).success;
}

function parametersOf(
  place: string,
  fields: ZodObject | undefined,
  show: (schema: ZodType) => Schema,
): ParameterObject[] {
  return Object.entries(fields?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = show(field as ZodType);
    const isRequired = place === 'path' || (field as ZodType)._zod.optin === undefined;
    return {
      name,
      in: place,
      required: isRequired,
      ...defined({ description }),
      schema,
    };
  });
}

function responseOf(answer: Answer, show: (schema: ZodType) => Schema): object {
  const { description } = answer;
  const all = 'headers' in answer ? { ...answer.headers, ...answer.mayHave } : {};
  const headers = Object.entries(all).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]);
  return {
    description,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...defined({ content: contentOf(answer, show) }),
  };
}

function contentOf(answer: Answer, show: (schema: ZodType) => Schema): Content | undefined {
  switch (answer.kind) {
    case 'json':
      return { 'application/json': { schema: show(answer.body) } };
    case 'problem':
      return { [answer.mediaType]: { schema: show(answer.body) } };
    case 'stream':
      return Object.fromEntries(Object.entries(answer.types).map(([type, schema]) => [type, { schema: show(schema) }]));
    default:
      return undefined;
  }
}

/** The JSON schema of it; what has an id goes to `schemas`. */
function shown(schema: ZodType, schemas: Map<string, Schema>): Schema {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', override: asShown }) as Schema;
  const { $schema: _, $defs = {}, id, ...rest } = made;
  for (const [name, definition] of Object.entries($defs as Record<string, Schema>)) keep(schemas, name, definition);
  if (typeof id !== 'string') return relinked(rest) as Schema;
  keep(schemas, id, rest);
  return { $ref: `#/components/schemas/${id}` };
}

function keep(schemas: Map<string, Schema>, name: string, { id: _, ...definition }: Schema): void {
  if (!schemas.has(name)) schemas.set(name, relinked(definition) as Schema);
}

function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : relinked(inner),
    ]),
  );
}

/** Formats say what their patterns do, and whole numbers of JSON have no bounds of their own. */
function asShown({ jsonSchema }: { jsonSchema: Schema }): void {
  const { shownAs, description } = jsonSchema;
  delete jsonSchema.repeats;
  delete jsonSchema.readOnly; // zod says it of `.readonly()`, which is about our types: a generator would drop such a field
  if (typeof shownAs === 'object' && shownAs !== null) {
    for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
    Object.assign(jsonSchema, shownAs, defined({ description }));
  }
  if (jsonSchema.format === 'date-time' || jsonSchema.format === 'uri') delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.propertyNames !== undefined && isPlainText(jsonSchema.propertyNames)) delete jsonSchema.propertyNames;
}

function isPlainText(schema: unknown): boolean {
  return JSON.stringify(schema) === '{"type":"string"}';
}
