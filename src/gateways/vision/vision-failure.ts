import { z } from 'zod';
import type { VisionCode, VisionFailure } from './port';
import { parseRetryAfterMs } from './retry-after';
import type { VisionHttpAnswer, VisionHttpOutcome } from './vision-http';

/**
 * Fence whatever went wrong into one of VISION_CODES.
 *
 * I1 Retryable are 429, every 5xx, the network and our own deadline. Every other 4xx would be answered the same again.
 * I2 A 200 that cannot be read is not retryable: it may have been billed, and would be again.
 * I3 A message never carries more than MAX_MESSAGE_CHARS of what the other side wrote, and no control characters.
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
};

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

/** For a 200 whose body is not what Vision sends. */
export function badResponse(answer: VisionHttpAnswer, what: string): VisionFailure {
  return { ...fail('vision-bad-response', what, false), ...traceOf(answer, undefined) }; // I2
}

/** For every status but 200. */
export function failureOfAnswer(answer: VisionHttpAnswer, nowMs: number): VisionFailure {
  const fault = readFault(answer.text);
  const code = codeOf(answer.status, fault);
  const retryable = code === 'vision-throttled' || code === 'vision-unavailable'; // I1
  const retryAfterMs = retryable ? parseRetryAfterMs(answer.headers['retry-after'], nowMs) : undefined;
  return {
    ...fail(code, messageOf(answer, fault), retryable),
    ...traceOf(answer, fault),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Request id as the services name it: in the header of the gateway, or in the body. */
export function requestIdOf(answer: VisionHttpAnswer): string | undefined {
  return answer.headers['apim-request-id'] ?? answer.headers['x-ms-request-id'];
}

function codeOf(status: number, fault: Fault | undefined): VisionCode {
  if (status === 429) return 'vision-throttled';
  if (status === 401) return 'vision-unauthorized';
  if (status === 403) return 'vision-forbidden';
  if (status === 404) return 'vision-not-found';
  if (status === 413) return 'vision-invalid-size';
  if (status === 415) return 'vision-invalid-format';
  if (status >= 500) return 'vision-unavailable';
  if (status < 400) return 'vision-bad-response';
  const rejection = REJECTIONS[fault?.innererror?.code ?? ''] ?? REJECTIONS[String(fault?.code ?? '')];
  if (rejection !== undefined) return rejection;
  // 4.0 says too many bytes without an inner error, in words only.
  return /image size is not allowed/i.test(fault?.message ?? '') ? 'vision-invalid-size' : 'vision-rejected';
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
  return { httpStatus: answer.status, ...(requestId === undefined ? {} : { requestId: printable(requestId) }) };
}

function fail(code: VisionCode, message: string, retryable: boolean): VisionFailure {
  return { ok: false, code, message, retryable };
}

// I3
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, MAX_MESSAGE_CHARS);
}
