import { join } from 'node:path';
import { compiled } from '../../../packages/dev-stack/src/checkout';
import { type Child, startChild } from './child';

const PROGRAM = compiled('pubsub-storage-queues');

/** The compiled component, listening. daprd names it after the file of the socket. `more`: further options. */
export function startComponentProcess(folder: string, ...more: string[]): Promise<Child> {
  const socket = join(folder, 'storage-queues.sock');
  return startChild({ words: [PROGRAM, '--socket', socket, ...more], says: /^listening on /m });
}

/** One of its commands for people; returns what it said. */
export async function runUpkeep(connectionString: string, ...words: string[]): Promise<string> {
  const child = await startChild({
    words: [PROGRAM, ...words],
    env: { AZURE_STORAGE_CONNECTION_STRING: connectionString },
    says: /\n/,
  });
  await child.gone;
  return child.output().trim();
}
