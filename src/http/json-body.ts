import express, { type Request, type RequestHandler } from 'express';
import { badRequest, RequestError } from './request-error';

/**
 * Bodies of the API: JSON, small and shallow.
 *
 * I1 At most 64 KB are read, whatever the content type says; what comes with a GET is let go unread.
 * I2 Nothing deeper than 20 levels and no `__proto__` key reaches a schema.
 * I3 An empty body is no body, with or without a content type: callers through a proxy often add one.
 */
export const MAX_BODY_BYTES = 64 * 1024;
export const MAX_DEPTH = 20;

const readBytes = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });

/** Reads the bytes; `jsonBody` makes sense of them where a route wants a body. */
export const readBody: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD') next();
  else readBytes(req, res, next);
};

/** undefined without a body. @throws RequestError unsupported-media-type, invalid-request */
export function jsonBody(req: Request): unknown {
  const bytes: unknown = req.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return undefined; // I3
  if (!req.is(['application/json', 'application/*+json'])) {
    throw new RequestError('unsupported-media-type', 'The body must be sent as application/json.');
  }
  const value = parsed(bytes);
  checkShape(value);
  return value;
}

/**
 * As Durable Functions reads it.
 *
 * I4 JSON text within a JSON string is read as what it holds. The Python client sends every input so: `start_new`,
 *    `raise_event` and `signal_entity` hand the result of `json.dumps` to aiohttp's `json=`, which encodes it again
 *    (azure-functions-durable, DurableOrchestrationClient.py and utils/http_utils.py). Only an object and a string are told
 *    from plain text without doubt: `null`, `true` and `123` are names of containers.
 *
 * @throws RequestError invalid-request: that contract knows 400, not 415
 */
export function bodyOrNothing(req: Request): unknown {
  try {
    return onceMore(jsonBody(req));
  } catch (error) {
    if (!(error instanceof RequestError && error.code === 'unsupported-media-type')) throw error;
    throw badRequest('/body', 'Only application/json request content is supported.');
  }
}

/** I4 */
function onceMore(body: unknown): unknown {
  if (typeof body !== 'string' || !/^\s*["{]/.test(body)) return body;
  try {
    const held: unknown = JSON.parse(body);
    checkShape(held);
    return held;
  } catch (error) {
    if (error instanceof RequestError) throw error;
    return body; // plain text that only looks like JSON
  }
}

/** A body that need not be sent: `{}` where none is. `null` is a body, and no schema takes it. */
export function bodyOrEmpty(req: Request): unknown {
  const body = jsonBody(req);
  return body === undefined ? {} : body;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw badRequest('/body', 'The body is not JSON in UTF-8.');
  }
}

// I2: level by level, without recursion.
function checkShape(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const containers = level.filter((item) => typeof item === 'object' && item !== null);
    if (containers.length > 0 && depth >= MAX_DEPTH) {
      throw badRequest('/body', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    }
    if (containers.some((item) => Object.hasOwn(item as object, '__proto__'))) {
      throw badRequest('/body', 'The body has a key that is not allowed.');
    }
    level = containers.flatMap((item) => Object.values(item as object));
  }
}
