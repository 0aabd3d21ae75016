/**
 * Who may use `/_dev/`: programs and pages of this machine, and no page of another site.
 *
 * C1 A browser sends the name it was told, so a Host that is no loopback name is a page that had its name rebound: 421.
 * C2 A page elsewhere shows by Origin or Sec-Fetch-Site: 403. Programs send neither and go on working.
 * The protocol itself needs no such guard: every request of it is signed with the key (authorization.ts).
 */
import type { IncomingMessage } from 'node:http';
import { CosmosError } from './protocol';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** @throws CosmosError 400, 401, 403 or 421 */
export function guardControl(message: IncomingMessage): void {
  if (!/^(::ffff:)?127\.|^::1$/.test(message.socket.remoteAddress ?? '')) {
    throw new CosmosError(401, 'Administration is for this machine only.');
  }
  const hosts = message.headersDistinct.host ?? [];
  if (hosts.length !== 1) throw new CosmosError(400, 'A request names one Host.');
  const [host = ''] = hosts;
  if (!LOOPBACK.test(host)) throw new CosmosError(421, 'Administration answers to loopback names only.'); // C1
  const { origin } = message.headers;
  const site = message.headers['sec-fetch-site'];
  const isOurs = origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`;
  const isNear = site === undefined || site === 'same-origin' || site === 'none';
  if (!isOurs || !isNear) throw new CosmosError(403, 'Pages of other sites have no access to this server.'); // C2
}
