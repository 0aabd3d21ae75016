import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import { PROBLEMS, type ProblemCode } from '../contract/problems';
import type { ProblemBody } from '../contract/schemas/problem';

/**
 * Answers what Node's parser refuses before any application sees it: the same problem documents as everywhere.
 *
 * Node itself answers with a status line alone (https://nodejs.org/api/http.html#event-clienterror).
 *
 * I1 Nothing is written into an answer that has begun: its connection is cut, so that nobody takes it for whole.
 */
export function answerUnreadable(server: Server): void {
  const open = new Set<ServerResponse>();
  server.on('request', (_req, res) => {
    open.add(res);
    res.once('close', () => open.delete(res));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const hasBegun = [...open].some((answer) => answer.socket === socket && answer.headersSent);
    if (hasBegun || !socket.writable || socket.destroyed || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(answerTo(error.code, isHead(error)));
  });
}

/** Whether the packet that cannot be read begins a HEAD request. Its answer has no body (RFC 9110, section 9.3.2). */
function isHead(error: Error & { readonly rawPacket?: Buffer }): boolean {
  return error.rawPacket?.toString('latin1', 0, HEAD.length) === HEAD;
}

const HEAD = 'HEAD ';

function answerTo(errorCode: string | undefined, withoutBody: boolean): string {
  const [code, detail] = refusalOf(errorCode);
  const { status, title, cure } = PROBLEMS[code];
  const requestId = randomUUID();
  const body: ProblemBody = {
    ...{ type: `/docs/errors#${code}`, title, status, detail },
    ...{ instance: '/', code, cure, requestId },
  };
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Bad Request'}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    `x-ms-error-code: ${code}`,
    `x-request-id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${withoutBody ? '' : text}`;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

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
