import type { Request } from 'express';
import { defined } from '../../domain/defined';
import type { Shown } from '../../domain/access/recognition';
import { RequestError } from '../request-error';

/** Which listener was asked: only the sidecar speaks on the app channel. */
export type Listener = 'public' | 'app-channel';

/**
 * What a request shows of its sender.
 *
 * @throws RequestError invalid-request for two Authorization headers: of which of them a proxy in front approved, nobody knows
 */
export function shownBy(req: Request, listener: Listener): Shown {
  if ((req.headersDistinct.authorization ?? []).length > 1) {
    throw new RequestError('invalid-request', 'A request has one Authorization header at most.');
  }
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(req.get('authorization') ?? '') ?? [];
  const peer = req.socket.remoteAddress;
  return {
    ...defined({ bearer }),
    header: (name) => req.headersDistinct[name] ?? [],
    ...(listener === 'public' && peer !== undefined && { peer }),
    origin: listener === 'public' ? (peer ?? 'unknown') : `mesh:${req.get('dapr-caller-app-id') ?? ''}`,
  };
}
