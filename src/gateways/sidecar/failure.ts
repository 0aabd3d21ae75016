import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';

/** What an answer of daprd that is not a success means. */

interface Answer {
  readonly status: number;
  readonly data: string;
}

/**
 * Did a write lose against another one? A store with an etag at hand answers 409. Without one it depends on the component:
 * state.azure.blobstorage of components-contrib 1.18.3 writes with If-None-Match: * and reports the refusal of the service
 * as a plain 500 with the service's text inside (writeFile maps only what carried an etag, and only ConditionNotMet):
 * `... RESPONSE 409: 409 The specified blob already exists. ERROR CODE: BlobAlreadyExists ...`.
 */
export function isWriteConflict({ status, data }: Answer): boolean {
  if (status === 409) return true;
  return status === 500 && /BlobAlreadyExists|ConditionNotMet|UnmodifiedBlobExists|RESPONSE 4(?:09|12)/.test(data);
}

/** 5xx, 408 and 429 may pass; another 4xx (no such component, not allowed, bad key) will not without somebody's help. */
export function sidecarFailure({ status, data }: Answer, doing: string): AppError {
  const { code, text } = readError(data);
  const context = { httpStatus: status, ...defined({ daprCode: code }) };
  const message = `The Dapr sidecar failed while ${doing} (${status}${text ? `: ${text}` : ''}).`;
  const retryable = status >= 500 || status === 408 || status === 429 || PASSING_CODES.has(code ?? '');
  return new AppError('sidecar-unavailable', message, { retryable, context });
}

/** Answered with a 4xx while actors are being placed or their host is away (pkg/messages/predefined.go). */
const PASSING_CODES = new Set([
  'ERR_ACTOR_NO_ADDRESS',
  'ERR_ACTOR_NO_PLACEMENT',
  'ERR_ACTOR_NO_APP_CHANNEL',
  'ERR_ACTOR_INSTANCE_MISSING',
]);

/**
 * Did the method fail, or was it never reached? Both arrive as a 500 with ERR_ACTOR_INVOKE_METHOD; only what the app itself
 * answered is quoted after "error from actor service" (pkg/actors/targets/app/transport/http, 1.18.2).
 */
export function actorFailure(answer: Answer, doing: string): AppError {
  const { text } = readError(answer.data);
  const ran = /error from actor service: \((\d+)\) ?(.*)|(actor method not found.*)/s.exec(text);
  if (!ran) return sidecarFailure(answer, doing);
  const said = ran[3] ?? readError(ran[2] ?? '').text;
  // The SDK's actor host writes an Error as `{}`: then nothing is said.
  const message = said === '' || said === '{}' ? `The actor failed while ${doing}.` : said;
  return new AppError('actor-failed', message, { context: { httpStatus: Number(ran[1] ?? 404) } });
}

const MAX_TEXT = 500;

function readError(data: string): { code?: string; text: string } {
  try {
    const { errorCode, message, error } = JSON.parse(data) as Record<string, unknown>;
    const text = [message, error].find((part) => typeof part === 'string') ?? '';
    return { ...(typeof errorCode === 'string' && { code: errorCode }), text: String(text).slice(0, MAX_TEXT) };
  } catch {
    return { text: data.slice(0, MAX_TEXT) };
  }
}
