import { Agent } from 'node:http';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { actorFailure, isWriteConflict, sidecarFailure } from './failure';

/**
 * The part of daprd's HTTP API that the product uses.
 *
 * Not the SDK's HTTPClient: @dapr/dapr 3.18.0 gives its requests no timeout, so a sidecar that hangs would hang us with
 * it, and its `publish` resolves `{ error }` where it should reject, which loses events in silence.
 *
 * I1 Every call ends within its deadline, connection and body included.
 * I2 No call is repeated here: Dapr's resiliency policies and the callers own retries.
 * I3 Every failure is an AppError: `sidecar-unavailable`, or `actor-failed` when the method itself failed.
 *
 * Source: daprd 1.18.2, pkg/api/http.
 */
export interface Sidecar {
  /** undefined when nothing is stored. The etag is passed back as it came. */
  getState(component: string, key: string): Promise<StoredState | undefined>;
  /** `conflict`: another version is stored than the options ask for, and nothing was saved. */
  saveState(component: string, key: string, value: unknown, options?: SaveStateOptions): Promise<'saved' | 'conflict'>;
  /** Deleting what is not there succeeds. */
  deleteState(component: string, key: string): Promise<void>;
  /** Resolves when the broker has taken the message. `contentType`: default `application/json`. */
  publish(
    pubsub: string,
    topic: string,
    data: unknown,
    metadata?: Readonly<Record<string, string>>,
    contentType?: string,
  ): Promise<void>;
  /** What the method returned; undefined when it returned nothing. */
  invokeActor(type: string, id: string, method: string, body?: unknown, timeoutMs?: number): Promise<unknown>;
  /** State of one actor; undefined when nothing is stored. Only the host of the actor may ask. */
  readActorState(type: string, id: string, key: string): Promise<unknown>;
  /** One transaction over the keys of one actor: undefined deletes. */
  writeActorState(type: string, id: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
  /** What runs in the sidecar: its components, its version. */
  metadata(): Promise<SidecarMetadata>;
  /** Are the components and the connections of the sidecar up, whatever the app is? False also when it does not answer. */
  outboundHealthy(): Promise<boolean>;
  /** Closes the connections that are kept alive. */
  close(): void;
}

export interface SidecarSettings {
  readonly host?: string;
  readonly port: number;
  readonly apiToken?: string;
  /** Total per call. Default 10 s. */
  readonly timeoutMs?: number;
}

export interface StoredState {
  readonly value: unknown;
  /** The value as it is stored, byte for byte: the sidecar may have written it in a form of its own. */
  readonly text: string;
  readonly etag: string;
}

export interface SaveStateOptions {
  /** Save only over this version. */
  readonly etag?: string;
  /** With an etag: only over that version. Without: only where nothing is stored. */
  readonly firstWrite?: boolean;
}

/** GET /v1.0/metadata, as far as it is read. */
export interface SidecarMetadata {
  readonly id?: string;
  readonly runtimeVersion?: string;
  readonly actorRuntime?: {
    readonly runtimeStatus?: string;
    readonly hostReady?: boolean;
    readonly placement?: string;
    readonly activeActors?: readonly { readonly type: string; readonly count?: number }[];
  };
  readonly components?: readonly { readonly name: string; readonly type: string; readonly version?: string }[];
  readonly workflows?: { readonly connectedWorkers?: number };
}

const DEFAULT_TIMEOUT_MS = 10_000;
const HEALTH_TIMEOUT_MS = 2_000;

export function createSidecar({ host = '127.0.0.1', port, apiToken, timeoutMs }: SidecarSettings): Sidecar {
  const agent = new Agent({ keepAlive: true });
  const http = axios.create({
    baseURL: `http://${host}:${port}/v1.0`,
    httpAgent: agent,
    proxy: false,
    maxRedirects: 0,
    headers: defined({ 'dapr-api-token': apiToken }),
    // Bodies are read here, by what each call promises.
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
  });
  const send = createSend(http, timeoutMs ?? DEFAULT_TIMEOUT_MS);

  return {
    async getState(component, key) {
      const response = await send({ method: 'get', url: `/state/${encode(component)}/${encode(key)}` });
      if (!isSuccess(response)) throw sidecarFailure(response, `reading '${key}' from '${component}'`);
      if (response.status === 204 || response.data === '') return undefined;
      const value = parse(response.data, `'${key}' in '${component}'`);
      return { value, text: response.data, etag: String(response.headers.etag ?? '') };
    },

    async saveState(component, key, value, { etag, firstWrite } = {}) {
      const options = { concurrency: firstWrite === true || etag !== undefined ? 'first-write' : 'last-write' };
      const entry = { key, value, options, ...defined({ etag }) };
      const response = await send({ method: 'post', url: `/state/${encode(component)}`, data: [entry] });
      if (isSuccess(response)) return 'saved';
      if (options.concurrency === 'first-write' && isWriteConflict(response)) return 'conflict';
      throw sidecarFailure(response, `writing '${key}' to '${component}'`);
    },

    async deleteState(component, key) {
      const response = await send({ method: 'delete', url: `/state/${encode(component)}/${encode(key)}` });
      if (!isSuccess(response)) throw sidecarFailure(response, `deleting '${key}' from '${component}'`);
    },

    async publish(pubsub, topic, data, metadata = {}, contentType = 'application/json') {
      const params = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`metadata.${name}`, value]));
      const url = `/publish/${encode(pubsub)}/${encode(topic)}?${new URLSearchParams(params)}`;
      const response = await send({ method: 'post', url, data, contentType });
      if (!isSuccess(response)) throw sidecarFailure(response, `publishing to '${topic}' of '${pubsub}'`);
    },

    async invokeActor(type, id, method, body, deadlineMs) {
      const url = `/actors/${encode(type)}/${encode(id)}/method/${encode(method)}`;
      const response = await send({ method: 'put', url, data: body, timeoutMs: deadlineMs });
      if (!isSuccess(response)) throw actorFailure(response, `calling ${method} of ${type} '${id}'`);
      // The SDK's actor host writes a method's `undefined` as that very word.
      if (response.data === '' || response.data === 'undefined') return undefined;
      return parse(response.data, `the answer of ${method} of ${type} '${id}'`);
    },

    async readActorState(type, id, key) {
      const url = `/actors/${encode(type)}/${encode(id)}/state/${encode(key)}`;
      const response = await send({ method: 'get', url });
      if (!isSuccess(response)) throw sidecarFailure(response, `reading state '${key}' of ${type} '${id}'`);
      return response.status === 204 || response.data === '' ? undefined : parse(response.data, `state '${key}'`);
    },

    async writeActorState(type, id, changes) {
      const operations = Object.entries(changes).map(([key, value]) =>
        value === undefined
          ? { operation: 'delete', request: { key } }
          : { operation: 'upsert', request: { key, value } },
      );
      const url = `/actors/${encode(type)}/${encode(id)}/state`;
      const response = await send({ method: 'post', url, data: operations });
      if (!isSuccess(response)) throw sidecarFailure(response, `writing state of ${type} '${id}'`);
    },

    async metadata() {
      const response = await send({ method: 'get', url: '/metadata' });
      if (!isSuccess(response)) throw sidecarFailure(response, 'reading its metadata');
      return parse(response.data, 'the metadata') as SidecarMetadata;
    },

    async outboundHealthy() {
      try {
        return isSuccess(await send({ method: 'get', url: '/healthz/outbound', timeoutMs: HEALTH_TIMEOUT_MS }));
      } catch {
        return false;
      }
    },

    close: () => agent.destroy(),
  };
}

interface Call {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly url: string;
  readonly data?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number | undefined;
}

export type SidecarResponse = AxiosResponse<string>;

function createSend(http: AxiosInstance, defaultTimeoutMs: number) {
  return async ({ data, contentType = 'application/json', timeoutMs = defaultTimeoutMs, ...call }: Call) => {
    const deadline = AbortSignal.timeout(timeoutMs); // I1: axios' own `timeout` is silent about a body that trickles.
    try {
      return await http.request<string>({
        ...call,
        ...(data !== undefined && { data: JSON.stringify(data), headers: { 'content-type': contentType } }),
        signal: deadline,
      });
    } catch (cause) {
      const reason = deadline.aborted ? `no answer within ${timeoutMs} ms` : (cause as Error).message;
      const message = `The Dapr sidecar did not answer ${call.url.split('?')[0]}: ${reason}.`;
      throw new AppError('sidecar-unavailable', message, { retryable: true, cause });
    }
  };
}

/** A key may hold slashes and anything else: it is one segment of the path. */
const encode = encodeURIComponent;

const isSuccess = ({ status }: SidecarResponse): boolean => status >= 200 && status < 300;

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('sidecar-unavailable', `What the Dapr sidecar sent for ${what} is not JSON.`, { cause });
  }
}
