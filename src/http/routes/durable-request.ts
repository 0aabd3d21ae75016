import type { Request, Response } from 'express';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import type { RunView } from '../../domain/run/run';
import type { RouteDeps } from '../route-deps';
import { jsonBody } from '../json-body';
import type { LinkVerb } from '../../contract/link-verb';
import { badRequest, RequestError } from '../request-error';
import { handle, pathParam } from '../route';
import type { UseCases } from '../../use-cases/port';

/** What the routes of the Durable Functions contract share. */

/** A parameter in any case of its key, as .NET compared it; of repeated ones the first. */
export function parameter(req: Request, name: string): string | undefined {
  return parameters(req, name)[0];
}

export function parameters(req: Request, name: string): string[] {
  return Object.entries(req.query)
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => [value].flat())
    .filter((value) => typeof value === 'string');
}

export function flag(req: Request, name: string, otherwise: boolean): boolean {
  const value = parameter(req, name);
  return value !== undefined && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : otherwise;
}

/** Milliseconds since 1970. @throws RequestError when it is no date */
export function dateParameter(req: Request, name: string): number | undefined {
  const value = parameter(req, name);
  if (value === undefined || value === '') return undefined;
  const timeMs = Date.parse(value);
  if (Number.isNaN(timeMs)) throw badParameter(name, 'Not a date as ISO 8601 writes it.');
  return timeMs;
}

/**
 * The JSON of the body; undefined without one.
 *
 * @throws RequestError invalid-request: the contract knows 400, not 415
 */
export function durableBody(req: Request): unknown {
  try {
    return jsonBody(req);
  } catch (error) {
    if (!(error instanceof RequestError && error.code === 'unsupported-media-type')) throw error;
    throw badRequest('/body', 'Only application/json request content is supported.');
  }
}

export function badParameter(name: string, detail: string): RequestError {
  return badRequest(`/query/${name}`, detail);
}

export function badPath(name: string, detail: string): RequestError {
  return badRequest(`/path/${name}`, detail);
}

/** @throws RequestError unauthorized, link-forbidden */
export function checkCode(req: Request, { tokens }: RouteDeps, runId: string | undefined, verb: LinkVerb): void {
  const verdict = tokens?.check(parameter(req, 'code'), runId, verb) ?? 'ok';
  if (verdict === 'wrong') throw new RequestError('unauthorized', 'The code is missing, wrong or expired.');
  if (verdict === 'other') throw new RequestError('link-forbidden', 'The code is for another run or another verb.');
}

/** undefined when no run has the id, or none could have it. */
export async function findRun(useCases: UseCases, id: string): Promise<RunView | undefined> {
  if (!isRunId(id)) return undefined;
  try {
    return await useCases.getRun(id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'run-not-found') return undefined;
    throw error;
  }
}

/** One run, behind its code; what is unknown answers 404 with an empty body. */
export function withRun(
  deps: RouteDeps,
  verb: LinkVerb,
  work: (req: Request, res: Response, run: RunView) => Promise<void>,
) {
  return handle(async (req, res) => {
    const id = pathParam(req, 'id');
    checkCode(req, deps, id, verb);
    const run = await findRun(deps.useCases, id);
    if (run) await work(req, res, run);
    else res.status(404).end();
  });
}
