import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance, isAxiosError } from 'axios';

/**
 * One HTTP exchange with a Vision service over kept-alive sockets. It does not interpret the content.
 *
 * I1 One attempt per call. Whoever retries must be able to count.
 * I2 Ends within the deadline whatever the other side does: it covers connecting, sending, waiting and reading, so a
 *    body that trickles in byte by byte ends like one that never comes, and its socket is destroyed.
 * I3 Buffers at most MAX_RESPONSE_BYTES of an answer, counted after decompression.
 * I4 Goes nowhere but to the given address: redirects are answers, not instructions.
 */

/** The longest real answer, nine features and a page of text, is below 200 KB. */
export const MAX_RESPONSE_BYTES = 1024 * 1024;
export const DEFAULT_TIMEOUT_MS = 30_000;
/** Above the images one process keeps in flight, so that none waits for a socket inside its deadline. */
export const DEFAULT_MAX_SOCKETS = 256;

export interface VisionHttpOptions {
  readonly timeoutMs?: number;
  readonly maxSockets?: number;
}

export interface VisionHttpRequest {
  readonly url: string;
  /** The header that proves who asks: a key or a token. */
  readonly authorization: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal?: AbortSignal;
}

export interface VisionHttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export type VisionHttpOutcome =
  | VisionHttpAnswer
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'network'; readonly reason: string };

export interface VisionHttp {
  post(request: VisionHttpRequest): Promise<VisionHttpOutcome>;
  close(): void;
}

export function createVisionHttp(options: VisionHttpOptions = {}): VisionHttp {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const agentOptions = { keepAlive: true, maxSockets: options.maxSockets ?? DEFAULT_MAX_SOCKETS };
  const httpAgent = new HttpAgent(agentOptions);
  const httpsAgent = new HttpsAgent(agentOptions);
  const client = axios.create({
    httpAgent,
    httpsAgent,
    maxRedirects: 0, // I4
    maxContentLength: MAX_RESPONSE_BYTES, // I3
    maxBodyLength: Number.POSITIVE_INFINITY,
    responseType: 'arraybuffer',
    validateStatus: () => true,
  });
  return {
    post: (request) => exchange(client, request, timeoutMs),
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

async function exchange(
  client: AxiosInstance,
  request: VisionHttpRequest,
  timeoutMs: number,
): Promise<VisionHttpOutcome> {
  // Not AbortSignal.any: a run's signal outlives 100,000 calls, and each would leave a dependent behind on it.
  const ending = new AbortController();
  const onAbort = () => ending.abort();
  let isTimedOut = false;
  const deadline = setTimeout(() => {
    isTimedOut = true;
    ending.abort();
  }, timeoutMs);
  if (request.signal?.aborted) ending.abort();
  request.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const response = await client.post<Buffer>(request.url, request.body, {
      headers: { ...request.authorization, 'Content-Type': 'application/octet-stream' },
      signal: ending.signal, // I2
    });
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) headers[name.toLowerCase()] = String(value);
    return { kind: 'answer', status: response.status, headers, text: response.data.toString('utf8') };
  } catch (error) {
    if (isTimedOut) return { kind: 'timeout', timeoutMs };
    if (request.signal?.aborted) return { kind: 'aborted' };
    if (!isAxiosError(error)) throw error;
    // axios 1.21 has one code, ERR_BAD_RESPONSE, for both a body over the limit and one cut off: the message tells.
    if (error.message.startsWith('maxContentLength')) return { kind: 'too-long' };
    return { kind: 'network', reason: error.code ?? error.message };
  } finally {
    clearTimeout(deadline);
    request.signal?.removeEventListener('abort', onAbort);
  }
}
