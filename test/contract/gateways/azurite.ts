import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The blob service of the storage emulator as a process of its own: in memory, on a free port. */
export interface Azurite {
  readonly connectionString: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** Account and key that the emulator's documentation publishes; they open nothing else. */
export const DEV_ACCOUNT = 'devstoreaccount1';
export const DEV_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

const START_TIMEOUT_MS = 30_000;

interface AzuriteOptions {
  /** A script that it loads before itself. */
  readonly preload?: string | undefined;
  /** Files of a certificate and its key: it then speaks https, and takes tokens of Microsoft Entra ID. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function startAzurite({ preload, tls }: AzuriteOptions = {}): Promise<Azurite> {
  const script = createRequire(__filename).resolve('azurite/dist/src/blob/main.js');
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-azurite-'));
  const options = ['--inMemoryPersistence', '--silent', '--skipApiVersionCheck', '--disableTelemetry'];
  if (tls) options.push('--cert', tls.cert, '--key', tls.key, '--oauth', 'basic');
  const before = preload === undefined ? [] : ['--require', preload];
  const child = spawn(process.execPath, [...before, script, '--blobHost', '127.0.0.1', '--blobPort', '0', ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const address = await readAddress(child);
    const url = `${address}/${DEV_ACCOUNT}`;
    return {
      url,
      connectionString: `DefaultEndpointsProtocol=${tls ? 'https' : 'http'};AccountName=${DEV_ACCOUNT};AccountKey=${DEV_KEY};BlobEndpoint=${url};`,
      stop: () => stop(child, folder),
    };
  } catch (error) {
    await stop(child, folder);
    throw error;
  }
}

function readAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`Azurite did not start (${why}): ${output}`));
    const timer = setTimeout(() => fail('timeout'), START_TIMEOUT_MS);
    const read = (chunk: Buffer) => {
      output += chunk;
      const match = /(?:listens on|listening (?:at|on)) (https?:\/\/127\.0\.0\.1:\d+)/.exec(output);
      if (!match?.[1]) return;
      clearTimeout(timer);
      resolve(match[1]);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`exit ${code}`);
    });
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
