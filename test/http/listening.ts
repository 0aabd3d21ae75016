import { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';
import request from 'supertest';
import type { ZodType } from 'zod';
import { PROBLEMS, type ProblemCode } from '../../src/contract/problems';
import { type Listener, listen } from '../../src/http/listener';
import { createPublicApp, type PublicAppDeps } from '../../src/http/public-server';
import { type DurableErrorBody, DurableErrorSchema } from '../../src/contract/schemas/durable';
import { type ProblemBody, ProblemSchema } from '../../src/contract/schemas/problem';
import { type FakeUseCases, fakeUseCases } from './fake-use-cases';

/** What tests of the shell share: an app over the fake, its log, and the two shapes of an answer. */

export interface RecordedLog {
  readonly log: Logger;
  /** One parsed object a line; a line that is not JSON fails the test that reads it. */
  lines(): Record<string, unknown>[];
}

export function recordedLog(): RecordedLog {
  const chunks: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return {
    log: pino({ level: 'debug' }, sink),
    lines: () => chunks.join('').split('\n').filter(Boolean).map(parseLine),
  };
}

function parseLine(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

/** What tests ask under besides loopback. */
const NAMES = { loopback: true, addresses: false, names: ['pictures.example', 'h'] };

/** Of an app that still takes routes. */
export function anOpenApp(deps: Partial<PublicAppDeps> = {}) {
  const useCases: FakeUseCases = fakeUseCases();
  const { log, lines } = recordedLog();
  return { ...createPublicApp({ useCases, log, hosts: NAMES, ...deps }), useCases, lines };
}

export function aPublicApp(deps: Partial<PublicAppDeps> = {}) {
  const { app, finish, ...recorded } = anOpenApp(deps);
  finish();
  return { app, api: request(app), ...recorded };
}

/** The same with a port of its own for the tests of a file. What the fake was told is forgotten before each test. */
export function aListeningApp(deps: Partial<PublicAppDeps> = {}) {
  const shell = aPublicApp(deps);
  const { useCases } = shell;
  const listening = { ...shell, url: '' };
  let listener: Listener;
  beforeAll(async () => {
    listener = await listen(shell.app, { host: '127.0.0.1', port: 0, name: 'public API' });
    listening.url = listener.url;
  });
  afterAll(() => listener.close(0));
  beforeEach(() => {
    useCases.runs.clear();
    for (const told of [useCases.said, useCases.retries, useCases.records.repairs]) told.length = 0;
  });
  return listening;
}

/** The body is a problem of this code, whole and with nothing else in it. */
export function expectProblem(response: request.Response, code: ProblemCode): ProblemBody {
  expectRefusal(response, code, 'application/problem+json');
  const problem = expectShape(response.body, ProblemSchema);
  expect(problem.code).toBe(code);
  expect(problem.type).toBe(`/docs/errors#${code}`);
  return problem;
}

/** The same under the Durable Functions contract: its fields too, as its clients want it. */
export function expectDurableError(response: request.Response, code: ProblemCode): DurableErrorBody {
  expectRefusal(response, code, 'application/json');
  const error = expectShape(response.body, DurableErrorSchema);
  expect(error).toMatchObject({ code, Message: error.detail, ExceptionMessage: error.detail, ExceptionType: code });
  return error;
}

function expectRefusal(response: request.Response, code: ProblemCode, type: string): void {
  expect({ status: response.status, type: response.type, code: response.get('x-ms-error-code') }).toEqual({
    status: PROBLEMS[code].status,
    type,
    code,
  });
}

/** The body fits the schema and has no field that the schema does not know. */
export function expectShape<T>(body: unknown, schema: ZodType<T>): T {
  const parsed = schema.parse(body);
  expect(body).toEqual(parsed);
  return parsed;
}
