import type { ZodType } from 'zod';
import type { Answer, Endpoint } from '../../src/contract/endpoint';
import { allAnswersOf } from '../../src/contract/guarded';
import { PROBLEMS, type ProblemCode } from '../../src/contract/problems';
import { DurableErrorSchema } from '../../src/contract/schemas/durable';
import { ProblemSchema } from '../../src/contract/schemas/problem';
import { isDurable, isOfApi, operationOf } from './operation-of';

/** One answer as it came over the wire. */
export interface Seen {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** Absent where it was not read to its end. */
  readonly text?: string;
}

const NDJSON = 'application/x-ndjson';

/**
 * What an answer says that its operation does not declare: status, media type, headers, and body field by field. A field that
 * the schema does not know is a fault too. Empty for an answer as declared.
 */
export function faultsOf(seen: Seen): readonly string[] {
  const { method, path, status } = seen;
  const operation = operationOf(method, path);
  if (!operation && !isOfApi(path)) return [];
  const faults = operation ? faultsByContract(operation, seen) : faultsOfRefusal(seen);
  return faults.map((fault) => `${operation?.id ?? 'no operation'} (${method} ${path}) ${status}: ${fault}`);
}

function faultsByContract(operation: Endpoint, seen: Seen): string[] {
  const { status, path } = seen;
  const answers = allAnswersOf(operation);
  const declared = answers[status] ?? (status >= 500 ? failureOf(path) : undefined);
  if (declared) return faultsIn(declared, seen);
  const known = Object.keys(answers).join(', ');
  return [`this status is not declared, only ${known}; it says ${(seen.text ?? '').slice(0, 300)}`];
}

/** Where there is no operation, nothing but a refusal is right. Durable Functions refuses without a body. */
function faultsOfRefusal(seen: Seen): string[] {
  const { status, path, text } = seen;
  if (status < 400 || status >= 500) return ['only a refusal may be answered where there is no operation'];
  if (isDurable(path) && status === 404 && !text) return [];
  return faultsIn(failureOf(path), seen);
}

/** What `default` of the description says. */
function failureOf(path: string): Answer {
  const [mediaType, body] = isDurable(path)
    ? ['application/json', DurableErrorSchema]
    : ['application/problem+json', ProblemSchema];
  return { kind: 'problem', description: '', mediaType, body };
}

function faultsIn(declared: Answer, seen: Seen): string[] {
  const headers = 'headers' in declared ? Object.keys(declared.headers) : [];
  return [
    ...headers.filter((name) => seen.header(name) === undefined).map((name) => `header ${name} is missing`),
    ...faultsOfContent(declared, seen),
  ];
}

function faultsOfContent(declared: Answer, { method, status, header, text }: Seen): string[] {
  const type = header('content-type')?.split(';', 1)[0];
  if (declared.kind === 'empty') return text ? [`the body is not empty: ${text.slice(0, 300)}`] : [];
  const types = typesOf(declared);
  const schema = types[type ?? ''];
  if (!schema) return [`media type ${type} is not ${Object.keys(types).join(' or ')}`];
  if (method === 'HEAD' || text === undefined) return [];
  if (type === NDJSON) return linesOf(text).flatMap((line, n) => faultsOfJson(schema, line, `/line ${n}`));
  if (!type?.endsWith('json')) return faultsOfValue(schema, text);
  return [
    ...faultsOfJson(schema, text),
    ...(declared.kind === 'problem' ? faultsOfCode(status, header('x-ms-error-code')) : []),
  ];
}

function typesOf(declared: Exclude<Answer, { kind: 'empty' }>): Readonly<Record<string, ZodType>> {
  if (declared.kind === 'stream') return declared.types;
  return { [declared.kind === 'json' ? 'application/json' : declared.mediaType]: declared.body };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** The code of a problem stands in a header too, and says the status. */
function faultsOfCode(status: number, code: string | undefined): string[] {
  const row = PROBLEMS[code as ProblemCode];
  return row?.status === status ? [] : [`x-ms-error-code is ${code}, which is no problem of this status`];
}

function faultsOfJson(schema: ZodType, text: string, at = ''): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [`${at} is not JSON: ${text.slice(0, 300)}`];
  }
  return faultsOfValue(schema, value, at);
}

function faultsOfValue(schema: ZodType, value: unknown, at = ''): string[] {
  const read = schema.safeParse(value);
  if (read.success) return unknownFields(value, read.data, at);
  return read.error.issues.map(
    ({ path, message }) => `${at}${path.map((key) => `/${String(key)}`).join('')} ${message}`,
  );
}

/** Fields that the schema let go. */
function unknownFields(value: unknown, read: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = `${at}/${key}`;
    const known = typeof read === 'object' && read !== null && Object.hasOwn(read, key);
    return known ? unknownFields(inner, (read as Record<string, unknown>)[key], here) : [`${here} is not declared`];
  });
}
