import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AZURITE_ACCOUNT, azuriteConnectionString } from '../../../packages/dev-stack/src/settings';

/** Stands between the app and Azurite and counts the downloads: only an outsider can say that there were none. */
export interface DownloadCounter {
  /** For the app. Its storage answers once `forwardTo` has named it. */
  readonly connectionString: string;
  forwardTo(connectionString: string): void;
  /** Blobs of users that were downloaded, by their path, as often as they were. */
  readonly downloads: readonly string[];
  stop(): Promise<void>;
}

export async function startDownloadCounter(): Promise<DownloadCounter> {
  const downloads: string[] = [];
  let port = 0;
  const server = createServer((incoming, response) => {
    const { method, headers, url = '/' } = incoming;
    const { pathname, searchParams } = new URL(url, 'http://storage');
    if (method === 'GET' && pathname.split('/').length > 3 && !searchParams.has('comp')) downloads.push(pathname);
    const outgoing = request({ hostname: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    connectionString: azuriteConnectionString({ blob: own, queue: own }),
    forwardTo(connectionString) {
      const address = new RegExp(`BlobEndpoint=http://127\\.0\\.0\\.1:(\\d+)/${AZURITE_ACCOUNT.name}`);
      port = Number(address.exec(connectionString)?.[1]);
    },
    downloads,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
