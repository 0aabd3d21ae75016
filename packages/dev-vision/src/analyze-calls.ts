import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { analysisBody } from './analysis-body';
import { type AnalyzeRequest, readAnalyzeRequest } from './analyze-request';
import type { CallBook } from './call-book';
import type { CallRate } from './call-rate';
import type { FaultList } from './fault';
import { sendFaulty } from './faulty-answer';
import { ImageReader, invalidBodySize } from './image-reader';
import { PROVIDER_HEADERS } from './provider';
import { readRequestBody } from './request-body';
import {
  invalidRequest,
  type ServiceAnswer,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from './service-answer';

/**
 * One analyze request from arrival to answer, in the order of the real service: key, call rate, address, body, image.
 *
 * I1 Every answer names the provider.
 * I2 An answer takes at least the pace's latency, measured from arrival: work done meanwhile is not added to it.
 * I3 Every call that was started in the book is ended there, whatever becomes of it.
 */
export interface Pace {
  rate: CallRate;
  latencyMs: number;
}

/** The larger of both versions' limits; what is above is refused without being kept. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

export class AnalyzeCalls {
  private readonly reader = new ImageReader();
  private readonly key: Buffer;

  constructor(
    key: string,
    private readonly pace: Pace,
    private readonly book: CallBook,
    private readonly faults: FaultList,
  ) {
    this.key = digest(key);
  }

  async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const now = Date.now();
    if (!this.isAuthorized(request)) {
      this.book.unauthorized();
      return refuseUnread(request, response, unauthorized);
    }
    this.book.arrived(now);
    const waitSeconds = this.pace.rate.take(now);
    if (waitSeconds > 0) {
      this.book.throttled(now, waitSeconds * 1000);
      return refuseUnread(request, response, tooManyRequests(waitSeconds));
    }
    const bytes = await readRequestBody(request, MAX_BODY_BYTES).catch(() => null);
    const hash = bytes ? createHash('sha256').update(bytes).digest('hex') : '';
    const fault = bytes === null ? undefined : this.faults.take(hash, Date.now());
    if (fault?.startsWith('429')) {
      const { waitMs } = sendFaulty(fault, response, Date.now());
      this.book.throttled(Date.now(), waitMs ?? 0);
      return;
    }
    this.book.started(now);
    try {
      await this.perform({ request, response, url, startedAt: now, bytes, hash, fault });
    } catch (error) {
      this.book.ended([now, Date.now(), 500]); // I3
      throw error;
    }
  }

  private async perform(call: Call): Promise<void> {
    const { response, startedAt, fault } = call;
    if (call.bytes === null) {
      this.book.ended([startedAt, Date.now(), 0]);
      return;
    }
    if (fault !== undefined && fault !== 'reset-after') {
      const { status } = sendFaulty(fault, response, Date.now());
      // `hang` and `slow-loris` end when the caller gives up.
      const end = (): void => this.book.ended([startedAt, Date.now(), status]);
      if (response.closed) end();
      else response.once('close', end);
      return;
    }
    const requestId = randomUUID();
    const answer = await this.analyze(call, requestId);
    await pause(startedAt + this.pace.latencyMs - Date.now()); // I2
    const isDelivered = fault === undefined && !response.destroyed;
    const status = isDelivered ? answer.status : 0;
    this.book.ended(
      [startedAt, Date.now(), status],
      answer.transactions === undefined
        ? undefined
        : { hash: call.hash, transactions: answer.transactions, isDelivered },
    );
    if (isDelivered) send(response, answer, requestId);
    else response.destroy();
  }

  private async analyze(call: Call, requestId: string): Promise<ServiceAnswer & { readonly transactions?: number }> {
    const asked = readAnalyzeRequest(call.url);
    if ('refusal' in asked) return asked.refusal;
    const mediaType = (call.request.headers['content-type'] ?? 'application/octet-stream').split(';')[0]?.trim();
    if (mediaType !== 'application/octet-stream') return refusalOfMediaType(asked, mediaType ?? '');
    if (!call.bytes) return invalidBodySize(asked.apiVersion);
    const image = await this.reader.read(call.bytes, asked.apiVersion);
    if ('refusal' in image) return image.refusal;
    return { status: 200, body: analysisBody(asked, image, requestId), transactions: asked.features.length };
  }

  private isAuthorized(request: IncomingMessage): boolean {
    const sent = request.headers['ocp-apim-subscription-key'];
    return typeof sent === 'string' && timingSafeEqual(digest(sent), this.key);
  }
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly startedAt: number;
  /** Undefined when it was longer than any limit, null when the caller broke off. */
  readonly bytes: Buffer | undefined | null;
  readonly hash: string;
  readonly fault: string | undefined;
}

export function send(response: ServerResponse, answer: ServiceAnswer, requestId: string = randomUUID()): void {
  const body = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
    'apim-request-id': requestId,
    ...PROVIDER_HEADERS, // I1
    ...answer.headers,
  });
  response.end(body);
}

function refuseUnread(request: IncomingMessage, response: ServerResponse, answer: ServiceAnswer): void {
  request.resume();
  send(response, answer);
}

function refusalOfMediaType(asked: AnalyzeRequest, mediaType: string): ServiceAnswer {
  if (mediaType === 'application/json') {
    return invalidRequest('InvalidImageUrl', 'This stand-in fetches nothing: send the bytes of the image.');
  }
  // 4.0 answers a wrong media type with 400.
  return asked.apiVersion === '3.2' ? unsupportedMediaType : invalidRequest('BadArgument', 'Unsupported media type.');
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const pause = (ms: number): Promise<void> | undefined =>
  ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
