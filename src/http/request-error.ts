import type { ProblemCode } from '../contract/problems';

/** One thing that is wrong with a request. */
export interface RequestFault {
  /** JSON pointer (RFC 6901) into `{path, query, body}`: `/query/maxpagesize`. */
  readonly pointer: string;
  readonly detail: string;
}

export interface RequestErrorOptions {
  readonly errors?: readonly RequestFault[];
  /** Headers of the answer: `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request the HTTP shell refuses before any use case sees it. The message reaches the caller as `detail`. */
export class RequestError extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly RequestFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, message: string, options: RequestErrorOptions = {}) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

/** A request of which one part is wrong. */
export function badRequest(pointer: string, detail: string): RequestError {
  return new RequestError('invalid-request', detail, { errors: [{ pointer, detail }] });
}
