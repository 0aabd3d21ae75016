import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOPBACK } from '../../../packages/dev-stack/src/ports';
import { azuriteConnectionString } from '../../../packages/dev-stack/src/settings';
import { startChild } from './child';
import { freePort } from './ports';

/** Blobs and queues of the storage emulator, in a process of their own. */
export interface StorageAccount {
  /** For a client of plain http. */
  readonly connectionString: string;
  readonly ports: { readonly blob: number; readonly queue: number };
  /** Holds the process (nothing answers) and lets it go on. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** `tls`: files of a certificate and its key. It then speaks https, and takes tokens of Microsoft Entra ID. */
export async function startStorageAccount(tls?: { path: string; keyPath: string }): Promise<StorageAccount> {
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-azurite-'));
  const ports = { blob: await freePort(), queue: await freePort() };
  const azurite = await startChild({
    words: [
      createRequire(__filename).resolve('azurite/dist/src/azurite.js'),
      ...['--location', folder, '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
      ...(tls ? ['--cert', tls.path, '--key', tls.keyPath, '--oauth', 'basic'] : []),
      ...['--blobHost', LOOPBACK, '--blobPort', String(ports.blob)],
      ...['--queueHost', LOOPBACK, '--queuePort', String(ports.queue)],
      ...['--tableHost', LOOPBACK, '--tablePort', String(await freePort())],
    ],
    says: /Table service is successfully listening/,
  });
  return {
    ...{ connectionString: azuriteConnectionString(ports), ports },
    freeze: () => process.kill(azurite.pid, 'SIGSTOP'),
    thaw: () => process.kill(azurite.pid, 'SIGCONT'),
    async stop() {
      await azurite.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
