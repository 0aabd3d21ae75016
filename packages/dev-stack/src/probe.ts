import { request } from 'node:http';

/** Asks a server on loopback for its state. `undefined` when it does not answer within two seconds. */
export function statusOf(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    // No kept connection: the server may be another one the next time.
    const asked = request(url, { agent: false, headers, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}

/** A probe that is satisfied by a 2xx. */
export function succeeds(url: string): () => Promise<boolean> {
  return async () => {
    const status = await statusOf(url);
    return status !== undefined && status >= 200 && status < 300;
  };
}

/** A probe that is satisfied by any answer: for servers that refuse a request without credentials. */
export function speaks(url: string): () => Promise<boolean> {
  return async () => (await statusOf(url)) !== undefined;
}
