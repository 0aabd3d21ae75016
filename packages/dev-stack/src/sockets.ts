/** The folder in which the sidecar finds pluggable components: one Unix socket each, named after the component's type. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Home } from './home';

/** `pubsub.storage-queues`. Source: pkg/components/pluggable/discovery.go of dapr 1.18.2. */
const PUBSUB_SOCKET = 'storage-queues.sock';

/** The path of a Unix socket has 104 bytes on macOS and 108 on Linux, its end included. */
const MOST_PATH_BYTES = 103;

/** In the home; in the folder for temporary files when the home lies too deep for a socket. Created when it is missing. */
export function socketsFolder(home: Pick<Home, 'path' | 'at'>): string {
  const inHome = home.at('sockets');
  const fits = Buffer.byteLength(pubsubSocket(inHome)) <= MOST_PATH_BYTES;
  const folder = fits ? inHome : join(tmpdir(), `contactsheet-${shortHash(home.path)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

export function pubsubSocket(folder: string): string {
  return join(folder, PUBSUB_SOCKET);
}

/** A probe that is satisfied by a process that accepts connections there. */
export function listensOn(socket: string): () => Promise<boolean> {
  return () =>
    new Promise((resolve) => {
      const probe = connect(socket);
      probe.once('error', () => resolve(false));
      probe.once('connect', () => {
        probe.destroy();
        resolve(true);
      });
    });
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
