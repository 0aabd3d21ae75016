import type { Request, Response } from 'express';
import type { PageRequest } from '../../domain/page';
import { openContinuation, sealContinuation } from '../continuation';
import { badParameter, parameter } from './durable-request';

/**
 * Lists of the Durable Functions contract: a bare array, and where it goes on in a header.
 *
 * I1 The header is there on the last page too, and empty: so clients know the end.
 * I2 A page may hold fewer than `top`, even none, and not be the last.
 */
const CONTINUATION = 'x-ms-continuation-token';
const MAX_TOP = 100;

/** What is asked for: `top` and the header. @throws RequestError for a continuation of another scope */
export function listRequest(req: Request, scope: string): PageRequest {
  const sealed = req.get(CONTINUATION);
  return { size: topOf(req), ...(sealed && { continuation: openContinuation(sealed, scope) }) };
}

export function sendList(
  res: Response,
  scope: string,
  { value, continuation }: { readonly value: readonly object[]; readonly continuation?: string },
): void {
  res.set(CONTINUATION, continuation === undefined ? '' : sealContinuation(continuation, scope)).json(value);
}

function topOf(req: Request): number {
  const top = parameter(req, 'top');
  if (top === undefined || top === '') return MAX_TOP;
  if (!/^\d{1,9}$/.test(top) || Number(top) < 1) throw badParameter('top', 'A whole number from 1.');
  return Math.min(Number(top), MAX_TOP);
}
