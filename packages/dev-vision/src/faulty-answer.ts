import type { ServerResponse } from 'node:http';
import { PROVIDER_HEADERS } from './provider';
import { tooManyRequests } from './service-answer';

/**
 * Carries out a fault on an open response. Returns the status the caller could see, 0 for none, and for a 429 the wait
 * it announced.
 */
export interface FaultySent {
  readonly status: number;
  readonly waitMs?: number;
}

const HUGE_WAIT_SECONDS = 1_000_000;
const HUGE_CHUNK = `${'"x",'.repeat(16_384)}`;
const HUGE_CHUNKS = 800; // x 64 KB = 50 MB

export function sendFaulty(behaviour: string, response: ServerResponse, nowMs: number): FaultySent {
  if (behaviour.startsWith('429')) return sendThrottled(behaviour, response, nowMs);
  if (behaviour.startsWith('status-')) return sendStatus(Number(behaviour.slice('status-'.length)), response);
  const refusal = REFUSALS[behaviour];
  if (refusal !== undefined) return sendText(response, refusal.status, JSON_TYPE, JSON.stringify(refusal.body));
  const body = STRANGE_BODIES[behaviour];
  if (body !== undefined) return sendText(response, 200, behaviour === 'html-200' ? 'text/html' : JSON_TYPE, body);
  switch (behaviour) {
    case 'redirect':
      response.setHeader('Location', 'http://127.0.0.1:9/elsewhere');
      return sendText(response, 302, 'text/plain', '');
    case 'cut-body':
      response.writeHead(200, { ...PROVIDER_HEADERS, 'Content-Type': JSON_TYPE, 'Content-Length': 1000 });
      response.write('{"requestId":"cut', () => response.destroy());
      return { status: 200 };
    case 'slow-loris':
      return dripForever(response);
    case 'huge-json':
      return pour(response);
    case 'hang':
      return { status: 0 };
    default:
      response.destroy(); // reset
      return { status: 0 };
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** As the error references of API Management and of Image Analysis 4.0 and 3.2 have them. */
const REFUSALS: Readonly<Record<string, { readonly status: number; readonly body: object }>> = {
  'out-of-volume': {
    status: 403,
    body: {
      error: { code: '403', message: 'Out of call volume quota. Quota will be replenished in 22.14:18:12.' },
    },
  },
  'feature-not-in-region': {
    status: 400,
    body: { error: { code: 'InvalidRequest', message: "The feature 'Caption' is not supported in this region." } },
  },
  'language-not-supported': {
    status: 400,
    body: {
      error: {
        code: 'InvalidRequest',
        message: 'The language is not supported.',
        innererror: { code: 'NotSupportedLanguage', message: 'The language is not supported.' },
      },
    },
  },
  'access-not-approved': {
    status: 403,
    body: {
      error: {
        code: 'UnsupportedFeature',
        message: 'Feature is not supported, missing approval for one or more of the following features: Celebrities.',
      },
    },
  },
  'tier-without-operation': {
    status: 403,
    body: {
      error: { code: '403', message: 'Operation is not allowed under the pricing tier F0 of your resource.' },
    },
  },
  'key-refused': {
    status: 401,
    body: {
      error: {
        code: '401',
        message: 'Access denied due to invalid subscription key or wrong API endpoint.',
      },
    },
  },
  'timeout-400': {
    status: 400,
    body: {
      error: {
        code: 'InvalidRequest',
        message: 'The request timed out.',
        innererror: { code: 'Timeout', message: 'The request timed out.' },
      },
    },
  },
};

const STRANGE_BODIES: Readonly<Record<string, string>> = {
  'html-200': '<!doctype html><title>Sign in</title><h1>Please sign in to the network</h1>',
  'truncated-json': '{"requestId":"r","metadata":{"width":100,"hei',
  proto: '{"requestId":"r","metadata":{"width":100,"height":100},"__proto__":{"polluted":true}}',
  'wrong-type': '{"requestId":"r","metadata":{"width":"wide","height":100},"tags":{"name":"not a list"}}',
  nan: '{"requestId":"r","metadata":{"width":100,"height":100},"tags":[{"name":"nan","confidence":NaN}]}',
  'empty-200': '{}',
};

function sendThrottled(behaviour: string, response: ServerResponse, nowMs: number): FaultySent {
  const named = { '429': 1, '429-huge': HUGE_WAIT_SECONDS, '429-zero': 0, '429-date': 2, '429-no-header': 1 };
  const seconds = named[behaviour as keyof typeof named] ?? Number(behaviour.slice('429-'.length));
  // A date has whole seconds: what is announced is what it says, not what was meant.
  const date = new Date(Math.floor((nowMs + seconds * 1000) / 1000) * 1000);
  if (behaviour === '429-date') response.setHeader('Retry-After', date.toUTCString());
  else if (behaviour !== '429-no-header') response.setHeader('Retry-After', String(seconds));
  const silent = behaviour === '429-no-header' ? { error: { code: '429', message: 'Too many requests.' } } : undefined;
  sendText(response, 429, JSON_TYPE, JSON.stringify(silent ?? tooManyRequests(seconds).body));
  const announcedMs = behaviour === '429-date' ? date.getTime() - nowMs : seconds * 1000;
  return { status: 429, waitMs: behaviour === '429-no-header' ? 0 : announcedMs };
}

function sendStatus(status: number, response: ServerResponse): FaultySent {
  const code = { 500: 'FailedToProcess', 503: 'ServiceUnavailable' }[status] ?? String(status);
  return sendText(response, status, JSON_TYPE, JSON.stringify({ error: { code, message: 'An armed fault.' } }));
}

function sendText(response: ServerResponse, status: number, contentType: string, body: string): FaultySent {
  response.writeHead(status, { ...PROVIDER_HEADERS, 'Content-Type': contentType });
  response.end(body);
  return { status };
}

function dripForever(response: ServerResponse): FaultySent {
  response.writeHead(200, { ...PROVIDER_HEADERS, 'Content-Type': JSON_TYPE });
  response.write('{');
  const drip = setInterval(() => response.write(' '), 1000);
  response.on('close', () => clearInterval(drip));
  return { status: 200 };
}

function pour(response: ServerResponse): FaultySent {
  response.writeHead(200, { ...PROVIDER_HEADERS, 'Content-Type': JSON_TYPE });
  response.write('{"tags":[');
  let left = HUGE_CHUNKS;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(HUGE_CHUNK)) {
        response.once('drain', more);
        return;
      }
    }
    response.end('"x"]}');
  };
  more();
  return { status: 200 };
}
