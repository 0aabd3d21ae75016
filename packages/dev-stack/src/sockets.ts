/** The folder in which the sidecar finds pluggable components: one Unix socket each, named after the component's type. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Home } from './home';
import { privateFolder } from './private-folder';

/** `pubsub.storage-queues`. Source: pkg/components/pluggable/discovery.go of dapr 1.18.2. */
const PUBSUB_SOCKET = 'storage-queues.sock';

/** The path of a Unix socket has 104 bytes on macOS and 108 on Linux, its end included. */
const MOST_PATH_BYTES = 103;

/**
 * A new folder for every start, of this user alone: in the home; in the folder for temporary files, under a name that nobody
 * can make beforehand, when the home lies too deep for a socket. `remove` takes it away.
 */
export function socketsFolder(home: Pick<Home, 'path' | 'at'>): { readonly path: string; remove(): void } {
  const inHome = home.at('sockets');
  const fits = Buffer.byteLength(pubsubSocket(join(inHome, 's-123456'))) <= MOST_PATH_BYTES;
  // What an earlier start left there is nobody's: a home is used by one stack at a time.
  if (fits) rmSync(inHome, { recursive: true, force: true });
  const path = privateFolder(mkdtempSync(fits ? join(privateFolder(inHome), 's-') : join(tmpdir(), 'cs-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
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
