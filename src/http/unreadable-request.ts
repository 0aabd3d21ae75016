import { randomUUID } from 'node:crypto';
import { type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { PROBLEMS, type ProblemCode } from '../contract/problems';
import type { ProblemBody } from '../contract/schemas/problem';

/**
 * Answers what is refused before any application sees it: the same problem documents as everywhere.
 *
 * Node itself answers with a status line alone: what its parser refuses (https://nodejs.org/api/http.html#event-clienterror),
 * what has no Host, and what expects more than `100-continue`.
 *
 * I1 Nothing is written into an answer that has begun: its connection is cut, so that nobody takes it for whole.
 */
export function answerUnreadable(server: Server): void {
  const open = new Set<ServerResponse>();
  server.on('request', (_req, res) => {
    open.add(res);
    res.once('close', () => open.delete(res));
  });
  server.on('checkExpectation', (_req, res: ServerResponse) =>
    refuse(res, 'expectation-failed', 'Only 100-continue can be expected.'),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const hasBegun = [...open].some((answer) => answer.socket === socket && answer.headersSent);
    if (hasBegun || !socket.writable || socket.destroyed || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(answerTo(error.code, isHead(error)));
  });
}

/** Passes on what names a host. A request of HTTP/1.0 need not (RFC 9112, section 3.2). */
export function refuseUnreadable(app: RequestListener): RequestListener {
  return (req, res) => {
    if (req.headers.host !== undefined || req.httpVersion === '1.0') app(req, res);
    else refuse(res, 'invalid-request', 'A request has a Host header.');
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
