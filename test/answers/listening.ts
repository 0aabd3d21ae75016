import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Seen } from './faults';
import { pathAlone } from './operation-of';

/**
 * Sees every answer that the product gives to this process, whichever client asked: over `node:http` (supertest, axios,
 * the client of Durable Functions, bare requests) by its diagnostics channel, and over `fetch`.
 *
 * I1 The client notices nothing: what it reads, and when, stays as it was.
 * I2 Only the product sends `x-request-id`. Answers of the stores, the sidecar and Node itself are passed by.
 */
export interface Listening {
  /** Resolves when what is being read has been read, but not later than in a second: a stream may stay open. */
  settled(): Promise<void>;
  stop(): void;
}

const CHANNEL = 'http.client.response.finish';
const PATIENCE_MS = 1_000;

export function listenToAnswers(hear: (seen: Seen) => void): Listening {
  const open = new Set<Promise<void>>();
  const keep = (reading: Promise<void>) => {
    open.add(reading);
    void reading.finally(() => open.delete(reading));
  };

  const onAnswer = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    if (response.headers['x-request-id'] === undefined) return; // I2
    keep(
      textOf(response).then((text) =>
        hear({
          method: request.method,
          path: pathAlone(request.path),
          status: response.statusCode ?? 0,
          header: (name) => [response.headers[name.toLowerCase()]].flat()[0],
          ...(text !== undefined && { text }),
        }),
      ),
    );
  };
  subscribe(CHANNEL, onAnswer);

  const ask = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const answer = await ask(input, init);
    if (!answer.headers.has('x-request-id')) return answer; // I2
    const { pathname } = new URL(answer.url);
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
    const { status, headers } = answer;
    keep(
      answer
        .clone()
        .text()
        .catch(() => undefined)
        .then((text) =>
          hear({
            ...{ method, path: pathAlone(pathname), status },
            header: (name) => headers.get(name) ?? undefined,
            ...(text !== undefined && { text }),
          }),
        ),
    );
    return answer;
  };

  return {
    async settled() {
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PATIENCE_MS);
      });
      await Promise.race([Promise.all(open), enough]);
      clearTimeout(timer);
    },
    stop() {
      unsubscribe(CHANNEL, onAnswer);
      globalThis.fetch = ask;
    },
  };
}

/** What is pushed into the stream, without reading from it (I1). undefined when it ended early or nobody wanted it. */
function textOf(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  const push = response.push.bind(response);
  return new Promise((resolve) => {
    response.push = (chunk: Buffer | null, encoding) => {
      if (chunk !== null) chunks.push(Buffer.from(chunk));
      else resolve(isDumped(response) ? undefined : Buffer.concat(chunks).toString());
      return push(chunk, encoding);
    };
    response.once('close', () => resolve(undefined));
  });
}

/** Node's mark on an answer whose body nobody will read: it is then not pushed. */
function isDumped(response: IncomingMessage): boolean {
  return '_dumped' in response && response._dumped === true;
}
