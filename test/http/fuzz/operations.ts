import type { Endpoint } from '../../../src/contract/endpoint';
import { ENDPOINTS } from '../../../src/contract/endpoints';
import { openApiDocument } from '../../../src/contract/openapi';

/** Everything the public listener offers, as the OpenAPI document tells it. */

/** What fast-check has to know of a JSON schema. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

export interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema: Schema;
}

export interface Operation {
  /** `GET /api/v1/runs/{id}` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: Schema;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

const document = openApiDocument() as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export function resolved(schema: Schema): Schema {
  const name = schema.$ref?.slice('#/components/schemas/'.length);
  return name === undefined ? schema : resolved(document.components.schemas[name] ?? {});
}

function described(): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([verb, { parameters = [], requestBody }]) => {
        const method = verb.toUpperCase();
        const body = requestBody?.content['application/json']?.schema;
        return { name: `${method} ${path}`, method, path, parameters, ...(body && { body }) };
      }),
  );
}

const BOOLEAN = { enum: ['true', 'false', 'TRUE', '1'] };
const TIME = { enum: ['2020-01-01T00:00:00Z', '2099-01-01', '0', '2026-13-45', '+275760-09-13T00:00:00.001Z'] };
const STATUSES = { enum: ['Running', 'completed,failed', 'Pending,,', 'nothing'] };
const APPROVAL: Schema = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, planHash: { type: 'string' }, maxTransactions: { type: 'integer' } },
  required: ['approved', 'planHash'],
};
const INPUT: Schema = {
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      required: ['container'],
      properties: { container: { type: 'string' }, prefix: { type: 'string' } },
    },
  ],
};
const FILTER = { createdTimeFrom: TIME, createdTimeTo: TIME, runtimeStatus: STATUSES, instanceIdPrefix: {}, top: {} };
/** No longer than a test may wait. */
const WAIT = {
  timeout: { enum: ['0', '0.2', '-1', '231', '1e9', 'x'] },
  pollingInterval: { enum: ['0.1', '0', '300', 'x'] },
};

function durable(): Operation[] {
  return [
    operation(ENDPOINTS.listInstances, { ...FILTER, showInput: BOOLEAN }),
    operation(ENDPOINTS.purgeInstances, FILTER),
    operation(ENDPOINTS.restartInstance, { ...WAIT, restartWithNewInstanceId: BOOLEAN }),
    operation(ENDPOINTS.raiseEvent, {}, APPROVAL),
    operation(ENDPOINTS.startNewInstance, WAIT, INPUT),
    operation(ENDPOINTS.startInstance, WAIT, INPUT),
  ];
}

function operation(
  { method, path }: Pick<Endpoint, 'method' | 'path'>,
  query: Readonly<Record<string, Schema>>,
  body?: Schema,
): Operation {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ in: 'path', name, schema: {} }));
  const inQuery = Object.entries({ ...query, code: {} }).map(([name, schema]) => ({ in: 'query', name, schema }));
  return { name: `${method} ${path}`, method, path, parameters: [...inPath, ...inQuery], ...(body && { body }) };
}

/** Some of Durable Functions take texts that mean a time or a number of seconds: values that lead somewhere are told here. */
export const OPERATIONS: readonly Operation[] = [
  ...new Map([...described(), ...durable()].map((one) => [one.name, one])).values(),
];
