import { type core, type ZodType, z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../contract/problems';
import { RequestError, type RequestFault } from './request-error';

/** Faults reported at once; a request with more is not going to be read by a person. */
const MAX_FAULTS = 20;
/** Characters of a name from outside that are repeated back. */
const MAX_NAME = 100;

export type RequestPart = 'path' | 'query' | 'body';

/** The value as the schema reads it. @throws RequestError invalid-request naming every fault by its pointer */
export function parsePart<T>(schema: ZodType<T>, part: RequestPart, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  refuseByCode(part, result.error.issues);
  const errors = result.error.issues.flatMap((issue) => faultsOf(part, issue)).slice(0, MAX_FAULTS);
  throw new RequestError('invalid-request', summaryOf(errors), { errors });
}

/** A name that is wrong in a way of its own: the first is said, with its own code. @throws RequestError */
function refuseByCode(part: RequestPart, issues: readonly core.$ZodIssue[]): void {
  for (const { path, message, ...issue } of issues) {
    const code = issue.code === 'custom' ? issue.params?.code : undefined;
    if (!isProblemCode(code)) continue;
    const isFault = PROBLEMS[code].status === 400;
    throw new RequestError(code, message, {
      errors: isFault ? [{ pointer: pointerTo([part, ...path]), detail: message }] : [],
    });
  }
}

function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code);
}

function faultsOf(part: RequestPart, issue: core.$ZodIssue): RequestFault[] {
  if (issue.code === 'invalid_union') {
    // A form that the value has at least from outside knows which field is wrong.
    const form = issue.errors.find((faults) => faults.length > 0 && faults.every(({ path }) => path.length > 0));
    if (form) return form.flatMap((fault) => faultsOf(part, { ...fault, path: [...issue.path, ...fault.path] }));
  }
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo([part, ...issue.path]), detail: issue.message }];
  const what = part === 'body' ? 'Unknown field.' : 'Unknown parameter.';
  return issue.keys.map((key) => ({ pointer: pointerTo([part, ...issue.path, key]), detail: what }));
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).slice(0, MAX_NAME).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

function summaryOf(errors: readonly RequestFault[]): string {
  const [first] = errors;
  const rest = errors.length > 1 ? ` And ${errors.length - 1} more: see errors.` : '';
  return first ? `${first.pointer}: ${first.detail}${rest}` : 'The request is not valid.';
}

const NO_QUERY = z.strictObject({});

/** For routes that take no parameters. @throws RequestError invalid-request */
export function noQuery(query: unknown): Readonly<Record<string, never>> {
  return parsePart(NO_QUERY, 'query', query);
}
