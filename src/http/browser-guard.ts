import type { Request, RequestHandler } from 'express';
import { type Endpoint, hasEffect } from '../contract/endpoint';
import { ENDPOINTS } from '../contract/endpoints';
import { patternOf } from '../contract/path';
import { isLoopbackName, nameOf } from './host-guard';
import { RequestError } from './request-error';

/**
 * What has an effect is for programs and for pages of our own. A page elsewhere can make a browser send requests, a form, an
 * image or a fetch without CORS, from the very machine that we trust; a page on another port of localhost is such a page too.
 * Reading needs no guard here: no answer has a CORS header, and Cross-Origin-Resource-Policy keeps it from other origins.
 *
 * I1 A browser says where it comes from, in Origin or Sec-Fetch-Site: both must name us where they are there.
 * I2 A browser's body is JSON, which a form cannot send and a fetch only after asking (a preflight, which nobody answers).
 * I3 Programs send neither header and are not asked for either.
 *
 * Browsers send Sec-Fetch-Site to https and to loopback alone, and no Origin with a GET. So over plain http from another
 * machine an image tag on the starter cannot be told from curl: there it is the caller's key that the page does not have.
 *
 * Source: Fetch Metadata Request Headers (W3C), section 2; the Fetch standard, "`Origin` header" and "CORS-safelisted".
 */
export interface BrowserGuardOptions {
  /** Where callers reach us. Absent: where the Host header says, which guardHost has checked. */
  readonly publicUrl?: string | (() => string);
}

export function guardBrowser({ publicUrl }: BrowserGuardOptions): RequestHandler {
  return (req, _res, next) => next(isWithEffect(req) ? refusalOf(req, publicUrl) : undefined);
}

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
/** Each GET that does something, as Express may match it: in any case, with a slash at the end or without. */
const GETS_WITH_EFFECT = (Object.values(ENDPOINTS) as Endpoint[])
  .filter((endpoint) => endpoint.method === 'GET' && hasEffect(endpoint))
  .map((endpoint) => new RegExp(`^${patternOf(endpoint)}/?$`, 'i'));

function isWithEffect({ method, path }: Request): boolean {
  return !SAFE.includes(method) || (method === 'GET' && GETS_WITH_EFFECT.some((pattern) => pattern.test(path)));
}

function refusalOf(req: Request, publicUrl: BrowserGuardOptions['publicUrl']): RequestError | undefined {
  const { origin } = req.headers;
  const site = req.get('sec-fetch-site');
  if (origin !== undefined && !ownOrigins(req, publicUrl).includes(origin.toLowerCase())) {
    return new RequestError('cross-site', 'A page of another origin asked for this, not you.');
  }
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return new RequestError('cross-site', 'Another site asked for this, not you.');
  }
  const isOfBrowser = origin !== undefined || site !== undefined;
  if (isOfBrowser && hasBody(req) && !req.is(['application/json', 'application/*+json'])) {
    return new RequestError('unsupported-media-type', 'A body from a browser must be sent as application/json.'); // I2
  }
  return undefined;
}

/** An empty body is none: a fetch sends `Content-Length: 0` with a POST. */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Over http as well as https, as nobody but a proxy knows which; where the public address is https, http is not ours. */
function ownOrigins(req: Request, publicUrl: BrowserGuardOptions['publicUrl']): string[] {
  const address = typeof publicUrl === 'function' ? publicUrl() : publicUrl;
  const host = req.get('host') ?? '';
  const isPlain = address === undefined || address.startsWith('http:') || isLoopbackName(nameOf(host));
  return [
    ...(address === undefined ? [] : originOf(address)),
    ...originOf(`https://${host}`),
    ...(isPlain ? originOf(`http://${host}`) : []),
  ];
}

function originOf(url: string): string[] {
  return URL.canParse(url) ? [new URL(url).origin] : [];
}
