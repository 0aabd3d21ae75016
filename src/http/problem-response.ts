import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { DURABLE_TASK_BASE } from '../contract/durable-task';
import { PROBLEMS, type ProblemCode } from '../contract/problems';
import type { DurableErrorBody } from '../contract/schemas/durable';
import type { ProblemBody } from '../contract/schemas/problem';
import { defined } from '../domain/defined';
import { AppError } from '../domain/errors';
import { instanceIdOf } from '../domain/run/instance-id';
import { RUN_STATUSES, type RunStatus } from '../domain/run/run';
import type { LinkBuilder } from './links';
import { requestIdOf } from './request-context';
import { RequestError, type RequestFault } from './request-error';

/**
 * Thrown values as RFC 9457 problem details.
 *
 * I1 A status of 500 and above never carries the message of the error: it goes to the log under the request id.
 * I2 Every problem has `x-ms-error-code` equal to its `code`.
 * I3 This is the only place that writes an error body.
 * I4 Under the Durable Functions contract a problem also has the fields its clients read, as plain `application/json`.
 */

/** Seconds a caller waits before a 503 is worth another try. */
const RETRY_AFTER_SECONDS = 5;

interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly RequestFault[];
  readonly headers: Readonly<Record<string, string>>;
  readonly existingRun?: string;
  readonly runStatus?: RunStatus;
}

export function problemHandler(log: Logger, links: LinkBuilder): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error); // Express cuts the connection: half an answer must not look whole.
      return;
    }
    const refusal = refusalOf(error);
    const { status } = PROBLEMS[refusal.code];
    if (status >= 500) {
      log.error(
        { event: 'http.failed', requestId: requestIdOf(res), code: refusal.code, err: error },
        'request failed',
      );
    }
    sendProblem(req, res, refusal, links);
  };
}

/** The last middleware of an app: no route took the request. */
export const routeNotFound: RequestHandler = (_req, _res, next) => {
  next(new RequestError('route-not-found', 'No route has this path.'));
};

function sendProblem(req: Request, res: Response, refusal: Refusal, links: LinkBuilder): void {
  const { status, title, cure } = PROBLEMS[refusal.code];
  const requestId = requestIdOf(res);
  const body: ProblemBody = {
    type: `/docs/errors#${refusal.code}`,
    title,
    status,
    detail: status < 500 ? refusal.detail : `${title}. The log knows more under request id ${requestId}.`, // I1
    instance: req.originalUrl.split('?', 1)[0] ?? '/',
    code: refusal.code,
    cure,
    requestId,
    ...(refusal.errors.length > 0 && { errors: refusal.errors }),
    ...(refusal.existingRun !== undefined && {
      existingRun: refusal.existingRun,
      links: { existingRun: links.for(req).run(refusal.existingRun) },
    }),
    ...defined({ runStatus: refusal.runStatus }),
  };
  res.status(status).set({ 'x-ms-error-code': refusal.code, ...refusal.headers }); // I2
  if (status === 503) res.set('Retry-After', String(RETRY_AFTER_SECONDS));
  if (isDurable(body.instance))
    res.type('application/json').send(JSON.stringify(asDurableError(body))); // I4
  else res.type('application/problem+json').send(JSON.stringify(body));
}

function isDurable(path: string): boolean {
  return path.toLowerCase().startsWith(`${DURABLE_TASK_BASE}/`);
}

function asDurableError(problem: ProblemBody): DurableErrorBody {
  const { detail, code } = problem;
  return { Message: detail, ExceptionMessage: detail, ExceptionType: code, ...problem };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof RequestError) {
    return { code: error.code, detail: error.message, errors: error.errors, headers: error.headers };
  }
  if (error instanceof AppError) return refusalOfApp(error);
  return { code: codeOfExpress(error), detail: detailOfExpress(error), errors: [], headers: {} };
}

function refusalOfApp(error: AppError): Refusal {
  const { existingRun, runStatus, pointer } = error.context;
  return {
    code: error.code,
    detail: error.message,
    errors: typeof pointer === 'string' ? [{ pointer, detail: error.message }] : [],
    headers: {},
    ...(typeof existingRun === 'string' && { existingRun: instanceIdOf(existingRun) }),
    ...(isRunStatus(runStatus) && { runStatus }),
  };
}

function isRunStatus(value: unknown): value is RunStatus {
  return RUN_STATUSES.some((status) => status === value);
}

/** What Express and its parsers throw carries an HTTP status; anything else is a defect of ours. */
function codeOfExpress(error: unknown): ProblemCode {
  switch (statusOf(error)) {
    case 413:
      return 'body-too-large';
    case 415:
      return 'unsupported-media-type';
    default:
      return statusOf(error) < 500 ? 'invalid-request' : 'internal';
  }
}

function detailOfExpress(error: unknown): string {
  if (error instanceof URIError || statusOf(error) === 400) return 'The path or the body is not encoded correctly.';
  return STATUS_CODES[statusOf(error)] ?? 'The request cannot be read.';
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
