import type { IncomingMessage } from 'node:http';

/**
 * Who may use the routes for developers, which need no key: programs on this machine, and nothing that a web page of
 * another origin makes a browser send.
 *
 * I1 The Host is one that names this machine, so that a name rebound to 127.0.0.1 reaches nothing.
 * I2 What a browser marks as coming from elsewhere is refused, a page on another port of this machine included.
 *
 * Source: Fetch Metadata Request Headers (W3C), section 2; the Origin header of the Fetch standard.
 */
export interface Refused {
  readonly status: 400 | 403 | 421;
  readonly problem: string;
}

/** Undefined for who may. `host`: the address listened on, which is as good as a loopback name. */
export function refusalOfNeighbour(request: IncomingMessage, host: string): Refused | undefined {
  if (valuesOf(request, 'host').length > 1) return { status: 400, problem: 'two Host headers' };
  const said = request.headers.host ?? '';
  if (!isLoopbackName(nameOf(said)) && nameOf(said) !== nameOf(host)) {
    return { status: 421, problem: `${said} does not name this machine` }; // I1
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${said}`) {
    return { status: 403, problem: 'a page of another origin may not ask' }; // I2
  }
  const site = request.headers['sec-fetch-site'] ?? 'none';
  if (site !== 'none' && site !== 'same-origin') return { status: 403, problem: 'another site may not ask' }; // I2
  return undefined;
}

function valuesOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

/** Without port, brackets and a last dot. */
const nameOf = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([^:]*):\d+$/, '$1')
    .replace(/\.$/, '');

const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
