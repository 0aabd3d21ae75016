import type { Request } from 'express';
import { defined } from '../../domain/defined';
import type { Shown } from '../../domain/access/recognition';

/** Which listener was asked: only the sidecar speaks on the app channel. */
export type Listener = 'public' | 'app-channel';

/** What a request shows of its sender. */
export function shownBy(req: Request, listener: Listener): Shown {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(req.get('authorization') ?? '') ?? [];
  const peer = req.socket.remoteAddress;
  return {
    ...defined({ bearer }),
    header: (name) => req.headersDistinct[name] ?? [],
    ...(listener === 'public' && peer !== undefined && { peer }),
    origin: listener === 'public' ? (peer ?? 'unknown') : `mesh:${req.get('dapr-caller-app-id') ?? ''}`,
  };
}
