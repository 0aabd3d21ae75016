import { EXIT, type ExitCode } from '../exit-codes';
import { Failure } from '../failure';
import { isRecord } from '../text/plain';

/** Nothing came back, or nothing that Contactsheet says. `isBeforeSend`: the request surely had no effect. */
export class Unreachable extends Failure {
  readonly isBeforeSend: boolean;

  constructor(message: string, help: readonly string[], isBeforeSend: boolean, cause: unknown) {
    super(EXIT.unreachable, message, help, { cause });
    this.name = 'Unreachable';
    this.isBeforeSend = isBeforeSend;
  }
}

/** The API refused: its problem details as sentences. */
export class Refused extends Failure {
  readonly status: number;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(exitCode: ExitCode, message: string, help: readonly string[], facts: RefusalFacts) {
    super(exitCode, message, help);
    this.name = 'Refused';
    this.status = facts.status;
    this.code = facts.code;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

export interface RefusalFacts {
  readonly status: number;
  readonly code: string;
  readonly retryAfterMs?: number | undefined;
}

/** Is it the server that is not well, so that the same question may be answered later? */
export function isOutage(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

/**
 * @param what names what was asked for, for a server that has no such route: `quotes`
 * @param body of the answer, parsed if it is JSON
 */
export function refusalOf(status: number, body: unknown, what: string, retryAfter?: string): Refused {
  const problem = isRecord(body) ? body : {};
  const text = (key: string) => (typeof problem[key] === 'string' ? problem[key] : undefined);
  const code = text('code') ?? (status === 405 ? 'method-not-allowed' : 'unknown');
  const facts = { status, code, retryAfterMs: retryAfterMs(retryAfter) };
  if (code === 'route-not-found' || code === 'method-not-allowed') {
    return new Refused(EXIT.notFound, `this server does not offer ${what} yet`, ['Use a newer server.'], facts);
  }
  if (text('title') === undefined) return new Refused(exitCodeOf(status, false), ...notOurs(status), facts);
  const detail = text('detail');
  const message = detail === undefined ? `${text('title')}` : `${text('title')}: ${detail}`;
  return new Refused(exitCodeOf(status, true), message, helpOf(problem, status), facts);
}

function helpOf(problem: Readonly<Record<string, unknown>>, status: number): string[] {
  const { cure, requestId, existingRun, errors } = problem;
  const faults = Array.isArray(errors) ? errors.filter(isRecord) : [];
  return [
    ...faults.map(({ pointer, detail }) => `  ${String(pointer)}: ${String(detail)}`),
    ...(typeof cure === 'string' ? [`cure: ${cure}`] : []),
    ...(typeof existingRun === 'string' ? [`follow it with: contactsheet run watch ${existingRun}`] : []),
    ...(status >= 500 && typeof requestId === 'string' ? [`request id: ${requestId}`] : []),
  ];
}

function notOurs(status: number): [string, string[]] {
  return [
    `the address answers HTTP ${status}, but not like a Contactsheet server`,
    ['cure: Check the address. Set it with --address or CONTACTSHEET_ADDRESS.'],
  ];
}

function exitCodeOf(status: number, isOurs: boolean): ExitCode {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 417:
    case 421:
    case 431:
    case 422:
      return EXIT.usage;
    case 401:
    case 403:
    case 407:
      return EXIT.auth;
    case 404:
    case 410:
      return EXIT.notFound;
    case 409:
    case 412:
      return EXIT.conflict;
    case 408:
    case 429:
    case 503:
    case 504:
      return EXIT.unreachable;
    // A gateway in front says that the server is away; the server itself says so when a service refuses it.
    case 502:
      return isOurs ? EXIT.unexpected : EXIT.unreachable;
    default:
      return EXIT.unexpected;
  }
}

function retryAfterMs(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
