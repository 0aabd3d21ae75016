import { randomUUID } from 'node:crypto';
import { type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEMS, type ProblemCode } from '../contract/problems';
import type { ProblemBody } from '../contract/schemas/problem';
import type { OpenAnswers } from './open-answers';

/**
 * Answers what is refused before any application sees it: the same problem documents as everywhere.
 *
 * Node itself answers with a status line alone: what its parser refuses (https://nodejs.org/api/http.html#event-clienterror),
 * what has no Host, and what expects more than `100-continue`.
 *
 * I1 Nothing is written into an answer that has begun: its connection is cut, so that nobody takes it for whole.
 * I2 What cannot be read behind a whole request is not answered in its place: that one is answered, and nothing else.
 */
export function answerUnreadable(server: Server, open: OpenAnswers): void {
  const ending = new WeakSet<Duplex>();
  server.on('checkExpectation', (_req, res: ServerResponse) =>
    refuse(res, 'expectation-failed', 'Only 100-continue can be expected.'),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (ending.has(socket)) return; // each further packet comes here
    const answers = open.on(socket);
    const hasBegun = answers.some(({ headersSent }) => headersSent);
    if (hasBegun || !socket.writable || socket.destroyed || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const whole = answers.filter(({ req }) => req.complete);
    if (whole.length === 0) {
      socket.end(answerTo(error.code, isHead(error)));
      return;
    }
    ending.add(socket); // I2
    for (const answer of whole) {
      answer.once('close', () => {
        if (!whole.some((other) => open.has(other))) socket.end();
      });
    }
  });
}

/**
 * Passes on what names a host, which a request of HTTP/1.0 need not (RFC 9112, section 3.2), and whose body is coded in no
 * way that nobody here decodes (section 6.1).
 */
export function refuseUnreadable(app: RequestListener): RequestListener {
  return (req, res) => {
    const { host, 'transfer-encoding': coding = 'chunked' } = req.headers;
    if (host === undefined && req.httpVersion !== '1.0') {
      refuse(res, 'invalid-request', 'A request has a Host header.');
    } else if (coding.toLowerCase() !== 'chunked') {
      refuse(res, 'invalid-request', 'The one transfer coding that is read is chunked.');
    } else app(req, res);
  };
}

/** Its body, if it has one, is not waited for. */
function refuse(res: ServerResponse, code: ProblemCode, detail: string): void {
  const { status, headers, text } = problemOf(code, detail);
  res.writeHead(status, headers).end(text);
}

/** Whether the packet that cannot be read begins a HEAD request. Its answer has no body (RFC 9110, section 9.3.2). */
function isHead(error: Error & { readonly rawPacket?: Buffer }): boolean {
  return error.rawPacket?.toString('latin1', 0, HEAD.length) === HEAD;
}

const HEAD = 'HEAD ';

function answerTo(errorCode: string | undefined, withoutBody: boolean): string {
  const { status, headers, text } = problemOf(...refusalOf(errorCode));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${head.join('\r\n')}\r\n\r\n${withoutBody ? '' : text}`;
}

function problemOf(code: ProblemCode, detail: string) {
  const { status, title, cure } = PROBLEMS[code];
  const requestId = randomUUID();
  const body: ProblemBody = {
    ...{ type: `/docs/errors#${code}`, title, status, detail },
    ...{ instance: '/', code, cure, requestId },
  };
  const text = JSON.stringify(body);
  const headers = {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
    'x-ms-error-code': code,
    'x-request-id': requestId,
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  return { status, headers, text };
}

function refusalOf(errorCode: string | undefined): readonly [ProblemCode, string] {
  switch (errorCode) {
    case 'HPE_HEADER_OVERFLOW':
      return ['headers-too-large', 'The address and the headers together are larger than 16 KB.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['request-timeout', 'The request did not arrive in time.'];
    default:
      return ['invalid-request', 'This is not an HTTP request that can be read.'];
  }
}
