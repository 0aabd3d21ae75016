import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { RequestError } from './request-error';

/**
 * Under which names this service answers. A page whose own name was rebound to our address reaches us with that name, and
 * to the browser we are then the same origin as the page: only the Host header tells (DNS rebinding).
 *
 * I1 One Host, and a name of ours: otherwise 400 or 421 before anything else looks at the request.
 * I2 Ports do not count: they change on the way through proxies and containers, and rebinding is about names.
 * I3 An absolute request target (`GET http://name/path`) names a host too, and it counts as well (RFC 9112, 3.2.2). Behind
 *    this guard it is a path as any other, so that no link begins with two addresses.
 */
export interface HostNames {
  /** Every name of loopback is ours. */
  readonly loopback: boolean;
  /** Every IP address is ours: nobody can have one rebound. */
  readonly addresses: boolean;
  /** Names in lower case, without port and brackets; `*.example.com` is every name below example.com. */
  readonly names: readonly string[];
}

/** What holds where nobody says otherwise. */
export const LOOPBACK_ONLY: HostNames = { loopback: true, addresses: false, names: [] };

export interface HostGuardOptions {
  readonly hosts: HostNames;
  /** What is answered under every name. */
  readonly isOpen: (req: Request) => boolean;
}

export function guardHost({ hosts, isOpen }: HostGuardOptions): RequestHandler {
  return (req, _res, next) => {
    const refusal = isOpen(req) ? undefined : refusalOfHost(req, hosts);
    if (refusal) return next(refusal);
    if (isAbsolute(req.url)) {
      req.url = req.url.replace(/^[^/?]*\/\/[^/?#]*/, '').replace(/^(?!\/)/, '/');
      req.originalUrl = req.url;
    }
    next();
  };
}

/** Why a request is for somebody else; undefined when it is for us. */
export function refusalOfHost(req: IncomingMessage, hosts: HostNames): RequestError | undefined {
  const said = hostsOf(req);
  if (said.length > 1 || (said[0] !== undefined && !HOST.test(said[0]))) {
    return new RequestError('invalid-request', 'A request has one Host header: a host name, with a port or without.');
  }
  const stranger = [said[0] ?? '', ...targetOf(req.url ?? '')].find((host) => !isOurs(host, hosts));
  if (stranger === undefined) return undefined;
  return new RequestError('unknown-host', `This service does not answer as '${stranger.slice(0, MAX_SHOWN)}'.`);
}

/** A host name, an IPv4 address or an IPv6 address in brackets, with a port or without. */
export const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
/** Characters of a name from outside that are repeated back. */
const MAX_SHOWN = 100;

/** Node keeps the first of several and drops the others, so the raw headers are read. */
function hostsOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host');
}

// I3
function isAbsolute(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(url);
}

function targetOf(url: string): string[] {
  if (!isAbsolute(url)) return [];
  return URL.canParse(url) ? [new URL(url).host] : [''];
}

function isOurs(host: string, { loopback, addresses, names }: HostNames): boolean {
  const name = nameOf(host);
  if (loopback && isLoopbackName(name)) return true;
  if (addresses && isIP(name) !== 0) return true;
  return names.some((ours) => (ours.startsWith('*.') ? name.endsWith(ours.slice(1)) : name === ours));
}

/** Without port, brackets and the dot at the end, in lower case. */
export function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/** Names that lead to this machine wherever they are said. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
