import { z } from 'zod';
import { defined } from '../../domain/defined';
import type { IdentityFailure } from '../azure-identity/failure';
import type { VisionCode, VisionFailure } from './port';
import { parseRetryAfterMs, waitInWordsMs } from './retry-after';
import type { VisionHttpAnswer, VisionHttpOutcome } from './vision-http';

/**
 * Fence whatever went wrong into one of VISION_CODES.
 *
 * I1 Retryable are 429, 408, every 5xx, the network, our own deadline, and a 4xx whose code says that the service failed.
 *    Every other 4xx would be answered the same again.
 * I2 A 200 that cannot be read is not retryable: it may have been billed, and would be again.
 * I3 A message never carries more than MAX_MESSAGE_CHARS of what the other side wrote, and no control characters.
 *
 * I4 A refusal that is not the image's never carries a code of an image: docs/vision-answers.md lists whose fault each is.
 *
 * Sources: Computer Vision 3.2 `analyze` responses, Image Analysis 4.0 `ErrorResponse`, API Management (401, 403, 429).
 */

const MAX_MESSAGE_CHARS = 300;

const innerSchema = z.object({ code: z.string().optional(), message: z.string().optional() });
const faultSchema = z.object({
  code: z.union([z.string(), z.number()]).optional(),
  message: z.string().optional(),
  requestId: z.string().optional(),
  innererror: innerSchema.optional().catch(undefined),
});
/** 4.0 and the gateway in front wrap the error; the 3.2 description declares the inner object alone. Both are seen. */
const errorBodySchema = z.union([z.object({ error: faultSchema }).transform((body) => body.error), faultSchema]);
type Fault = z.infer<typeof faultSchema>;

/** Codes of 400 answers, inner or outer, by what is wrong. Those not listed are `vision-rejected`. */
const REJECTIONS: Readonly<Record<string, VisionCode>> = {
  InvalidImageSize: 'vision-invalid-size',
  InvalidImageFormat: 'vision-invalid-format',
  NotSupportedImage: 'vision-invalid-format',
  NotSupportedVisualFeature: 'vision-unsupported-feature',
  NotSupportedFeature: 'vision-unsupported-feature',
  NotSupportedLanguage: 'vision-unsupported-feature',
  InvalidDetails: 'vision-unsupported-feature',
  UnsupportedFeature: 'vision-unsupported-feature',
  InvalidApiVersion: 'vision-not-found',
  Timeout: 'vision-timeout',
  FailedToProcess: 'vision-unavailable',
  InternalServerError: 'vision-unavailable',
  ServiceUnavailable: 'vision-unavailable',
  StorageException: 'vision-unavailable',
};

/** What the services say in words alone, under codes as wide as `InvalidRequest` and `Forbidden`. The first match counts. */
const IN_WORDS: readonly (readonly [RegExp, VisionCode])[] = [
  [/out of call volume quota|call (?:rate|volume) (?:limit|quota)/i, 'vision-throttled'],
  [/\b(?:feature|language|caption|model)\b.*not (?:supported|available|enabled)/i, 'vision-unsupported-feature'],
  [/not (?:supported|available) in (?:this|the|your)(?: \w+)? region/i, 'vision-unsupported-feature'],
  [/pricing tier|\bsku\b|limited access|(?:not|requires?|without|been) approv/i, 'vision-resource-refused'],
  [
    /resource (?:is|has been) (?:disabled|suspended|deleted)|subscription is (?:disabled|suspended)/i,
    'vision-resource-refused',
  ],
  [/image size is not allowed/i, 'vision-invalid-size'], // 4.0 says too many bytes without an inner error
];

export function failureOf(outcome: Exclude<VisionHttpOutcome, VisionHttpAnswer>): VisionFailure {
  switch (outcome.kind) {
    case 'timeout':
      return fail('vision-timeout', `no complete answer from Vision within ${outcome.timeoutMs} ms`, true);
    case 'aborted':
      return fail('vision-aborted', 'the call was given up by its caller', true);
    case 'too-long':
      return fail('vision-bad-response', 'the answer is longer than any answer of Vision', false); // I2
    case 'network':
      return fail('vision-network', `Vision could not be reached or broke off: ${printable(outcome.reason)}`, true);
  }
}

/** No token, and so no call. Where it may pass it is like a network that is away: no image is to blame. */
export function failureOfIdentity({ message, retryable }: IdentityFailure): VisionFailure {
  return fail(retryable ? 'vision-network' : 'vision-unauthorized', printable(message), retryable);
}

/** For a 200 whose body is not what Vision sends. */
export function badResponse(answer: VisionHttpAnswer, what: string): VisionFailure {
  return { ...fail('vision-bad-response', what, false), ...traceOf(answer, undefined) }; // I2
}

const RETRYABLE: ReadonlySet<VisionCode> = new Set(['vision-throttled', 'vision-unavailable', 'vision-timeout']);

/** A used-up volume that does not say when it comes back is asked for again after an hour. */
const UNKNOWN_VOLUME_WAIT_MS = 3_600_000;

function waitOf(
  answer: VisionHttpAnswer,
  fault: Fault | undefined,
  code: VisionCode,
  nowMs: number,
): number | undefined {
  const announced = parseRetryAfterMs(answer.headers['retry-after'], nowMs);
  if (announced !== undefined || code !== 'vision-throttled') return announced;
  const words = waitInWordsMs(wordsOf(fault));
  return words ?? (answer.status === 403 ? UNKNOWN_VOLUME_WAIT_MS : undefined);
}

/** For every status but 200. `cure`: what a person can do about a refused identity. */
export function failureOfAnswer(answer: VisionHttpAnswer, nowMs: number, cure?: string): VisionFailure {
  const fault = readFault(answer.text);
  const code = codeOf(answer.status, fault);
  const retryable = RETRYABLE.has(code); // I1
  const retryAfterMs = retryable ? waitOf(answer, fault, code, nowMs) : undefined;
  return {
    ...fail(code, [messageOf(answer, fault), ...(isOfIdentity(code) && cure ? [cure] : [])].join('. '), retryable),
    ...traceOf(answer, fault),
    ...defined({ retryAfterMs }),
  };
}

function isOfIdentity(code: VisionCode): boolean {
  return code === 'vision-unauthorized' || code === 'vision-forbidden';
}

/** Request id as the services name it: in the header of the gateway, or in the body. */
export function requestIdOf(answer: VisionHttpAnswer): string | undefined {
  return answer.headers['apim-request-id'] ?? answer.headers['x-ms-request-id'];
}

function codeOf(status: number, fault: Fault | undefined): VisionCode {
  if (status === 429) return 'vision-throttled';
  if (status === 401) return 'vision-unauthorized';
  if (status === 404) return 'vision-not-found';
  if (status === 408) return 'vision-timeout';
  if (status === 413) return 'vision-invalid-size';
  if (status === 415) return 'vision-invalid-format';
  if (status >= 500) return 'vision-unavailable';
  if (status < 400) return 'vision-bad-response';
  const said = rejectionIn(fault);
  if (status === 403) return said !== undefined && OF_THE_RESOURCE.has(said) ? said : 'vision-forbidden';
  return said ?? 'vision-rejected';
}

/** What a 403 may be beside a refused identity. */
const OF_THE_RESOURCE: ReadonlySet<VisionCode> = new Set([
  'vision-throttled',
  'vision-unsupported-feature',
  'vision-resource-refused',
]);

function rejectionIn(fault: Fault | undefined): VisionCode | undefined {
  const named = [fault?.innererror?.code, fault?.code].map(String).find((code) => Object.hasOwn(REJECTIONS, code));
  if (named !== undefined) return REJECTIONS[named];
  const words = wordsOf(fault);
  return IN_WORDS.find(([pattern]) => pattern.test(words))?.[1];
}

/** Enough of a message to know it by: a search in a megabyte of words would hold up the process for minutes. */
const MAX_READ_CHARS = 1_000;

function wordsOf(fault: Fault | undefined): string {
  return [fault?.message, fault?.innererror?.message].map((text = '') => text.slice(0, MAX_READ_CHARS)).join(' ');
}

function readFault(text: string): Fault | undefined {
  try {
    return errorBodySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function messageOf(answer: VisionHttpAnswer, fault: Fault | undefined): string {
  const code = fault?.innererror?.code ?? fault?.code;
  const message = fault?.innererror?.message ?? fault?.message;
  const said = [code, message].filter((part) => part !== undefined && part !== '').join(': ');
  return printable(`Vision answered ${answer.status}${said === '' ? '' : ` ${said}`}`);
}

function traceOf(answer: VisionHttpAnswer, fault: Fault | undefined): Pick<VisionFailure, 'httpStatus' | 'requestId'> {
  const requestId = fault?.requestId ?? requestIdOf(answer);
  return { httpStatus: answer.status, ...(requestId !== undefined && { requestId: printable(requestId) }) };
}

function fail(code: VisionCode, message: string, retryable: boolean): VisionFailure {
  return { ok: false, code, message, retryable };
}

// I3
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, MAX_MESSAGE_CHARS);
}
