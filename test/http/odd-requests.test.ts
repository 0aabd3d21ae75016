import { connect } from 'node:net';
import type { Recognize } from '../../src/domain/access/recognition';
import { provenCallers } from '../../src/http/authorize';
import { type Listener, listen } from '../../src/http/listener';
import { createPublicApp } from '../../src/http/public-server';
import type { FakeUseCases } from './fake-use-cases';
import { fakeUseCases } from './fake-use-cases';
import { recordedLog } from './listening';

/** Requests that a proxy in front and this service could read in two ways. Each is written byte by byte. */

const recognize: Recognize = async ({ bearer }) => {
  if (bearer === undefined) return { kind: 'absent' };
  if (bearer !== 'right') return { kind: 'refused', reason: 'The key is not known.' };
  return { kind: 'known', principal: { name: 'ada', how: 'key', roles: ['admin'] } };
};

let useCases: FakeUseCases;
let listener: Listener;
beforeEach(async () => {
  useCases = fakeUseCases();
  const { log } = recordedLog();
  const authorize = provenCallers({ recognize, listener: 'public', records: useCases });
  const { app, finish } = createPublicApp({ useCases, log, authorize });
  finish();
  listener = await listen(app, { host: '127.0.0.1', port: 0, name: 'public API' });
});
afterEach(() => listener.close(0));

/** What is heard until the other side closes or says nothing more for so long. */
function send(bytes: string | Buffer, silentMs = 400): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(listener.port, '127.0.0.1', () => socket.write(bytes));
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.setTimeout(silentMs, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard));
  });
}

/** Of each answer its status and, where it is a refusal, its code. */
function answersIn(heard: string): string[] {
  return heard
    .split(/(?=HTTP\/1\.1 \d)/)
    .filter((answer) => answer !== '')
    .map((answer) => {
      const [, status = ''] = /^HTTP\/1\.1 (\d+)/.exec(answer) ?? [];
      const code = /x-ms-error-code: ([\w-]+)/i.exec(answer)?.[1];
      return code === undefined ? status : `${status} ${code}`;
    });
}

const HOST = 'Host: localhost\r\n';
const KEY = 'Authorization: Bearer right\r\n';
const LIST = `GET /api/v1/runs HTTP/1.1\r\n${HOST}${KEY}`;
const ANY = `POST /api/v1/containers/photos/runs HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const START = `${ANY}${KEY}`;
const WITH_KEY = (line: string) => `${line} HTTP/1.1\r\n${HOST}${KEY}\r\n`;
const UNREADABLE = ['400 invalid-request'];

describe('where a request ends', () => {
  test.each<[string, string]>([
    ['a length with a sign', 'Content-Length: +2\r\n\r\n{}'],
    ['a length below nothing', 'Content-Length: -1\r\n\r\n{}'],
    ['a length in hex', 'Content-Length: 0x2\r\n\r\n{}'],
    ['a length as a list', 'Content-Length: 2, 2\r\n\r\n{}'],
    ['the same length twice', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}'],
    ['a length that no number holds', 'Content-Length: 99999999999999999999\r\n\r\n{}'],
    ['a length beside chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a coding that is none', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['no coding by name', 'Transfer-Encoding: identity\r\n\r\n{}'],
    ['chunks that are not the last coding', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a coding below the chunks', 'Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['chunks in chunks', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['chunks between bare line feeds', 'Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n'],
    ['a chunk that no number holds', 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n'],
    [
      '20,000 characters behind a chunk',
      `Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    ],
  ])('is not guessed from %s', async (_, rest) => {
    expect(answersIn(await send(START + rest))).toEqual(UNREADABLE);
    expect(useCases.commands).toEqual([]);
  });

  test('what a chunk says besides its length is not heard', async () => {
    const heard = await send(`${START}Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n`);
    expect(answersIn(heard)).toEqual(['202']);
  });

  test('a key behind the body opens nothing', async () => {
    const body = 'Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n2\r\n{}\r\n0\r\n';
    expect(answersIn(await send(`${ANY}${body}${KEY}\r\n`))).toEqual(['401 unauthorized']);
    expect(useCases.commands).toEqual([]);
  });

  test('a request in the body of another one is never read', async () => {
    const inside = `${START}Content-Length: 2\r\n\r\n{}`;
    const around = `GET /api/v1/runs HTTP/1.1\r\n${HOST}Content-Length: ${inside.length}\r\n\r\n`;
    expect(answersIn(await send(around + inside))).toEqual(['401 unauthorized']);
    expect(useCases.commands).toEqual([]);
  });

  test.each([
    ['which goes on', ''],
    ['which was the last one', 'Connection: close\r\n'],
  ])(
    'what cannot be read behind a whole request takes nothing from its answer, on a connection %s',
    async (_, more) => {
      expect(answersIn(await send(`${START}${more}Content-Length: 2\r\n\r\n{}NOTHING\r\n\r\nMORE\r\n\r\n`))).toEqual([
        '202',
      ]);
      expect(useCases.commands).toHaveLength(1);
      expect(answersIn(await send(`${LIST}\r\n${LIST}\r\nNOTHING\r\n\r\n`))).toEqual(['200', '200']);
    },
  );
});

describe('what a header is', () => {
  test.each<[string, string]>([
    ['goes on in the next line', `GET /api/v1/runs HTTP/1.1\r\n${HOST}Authorization:\r\n Bearer right\r\n\r\n`],
    ['has a space before its colon', `GET /api/v1/runs HTTP/1.1\r\n${HOST}Authorization : Bearer right\r\n\r\n`],
    ['ends with a bare line feed', `GET /api/v1/runs HTTP/1.1\nHost: localhost\n${KEY}\n`],
    ['has a NUL in it', `${LIST}X-A: a\0b\r\n\r\n`],
    ['is a second key, and right', `${ANY}${'Authorization: Bearer wrong\r\n'}${KEY}Content-Length: 2\r\n\r\n{}`],
    ['is a second key, and wrong', `${START}${'Authorization: Bearer wrong\r\n'}Content-Length: 2\r\n\r\n{}`],
    [
      'is a second key behind 2,100 others',
      `${START}${'a:1\r\n'.repeat(2_100)}${'Authorization: Bearer wrong\r\n'}Content-Length: 2\r\n\r\n{}`,
    ],
    ['is a second Host behind 2,100 others', `${LIST}${'a:1\r\n'.repeat(2_100)}Host: evil.example\r\n\r\n`],
  ])('is not one that %s', async (_, bytes) => {
    expect(answersIn(await send(bytes))).toEqual(UNREADABLE);
    expect(useCases.commands).toEqual([]);
  });

  test('the key is found behind 2,100 others', async () => {
    const bytes = `GET /api/v1/runs HTTP/1.1\r\n${HOST}${'a:1\r\n'.repeat(2_100)}${KEY}\r\n`;
    expect(answersIn(await send(bytes))).toEqual(['200']);
  });

  test('a name of 15,000 characters, names of prototypes and bytes of Latin-1 are headers like others', async () => {
    const odd = `${'x'.repeat(15_000)}: 1\r\n__proto__: x\r\nconstructor: y\r\nX-A: \xff\xfe\r\n`;
    expect(answersIn(await send(Buffer.from(`${LIST}${odd}\r\n`, 'latin1')))).toEqual(['200']);
  });

  test.each([
    'X-HTTP-Method-Override: PUT',
    'X-Method-Override: DELETE',
    'X-Original-URL: /api/v1/quota',
    'X-Rewrite-URL: /api/v1/quota',
    'Range: bytes=0-1',
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
  ])('%s changes nothing', async (header) => {
    const heard = await send(`${LIST}${header}\r\n\r\n`);
    expect(answersIn(heard)).toEqual(['200']);
    expect(heard).toContain('{"value":[]}');
    expect(answersIn(await send(`GET /livez HTTP/1.1\r\n${HOST}${header}\r\n\r\n`))).toEqual(['200']);
  });
});

describe('what is asked for', () => {
  test.each<[string, string[]]>([
    ['TRACE /api/v1/runs', ['405 method-not-allowed']],
    ['PROPFIND /api/v1/runs', ['405 method-not-allowed']],
    ['get /api/v1/runs', UNREADABLE],
    ['CONNECT evil.example:443', []],
    ['OPTIONS *', ['404 route-not-found']],
    ['GET //evil.example/api/v1/runs', ['404 route-not-found']],
    ['GET //api/v1/runs', ['404 route-not-found']],
    ['GET \\\\evil.example\\api', UNREADABLE],
    ['GET http://evil.example/api/v1/runs', ['421 unknown-host']],
    ['GET http://localhost@evil.example/api/v1/runs', ['421 unknown-host']],
    ['GET http:evil.example/api/v1/runs', UNREADABLE],
    ['GET http:///evil.example/api/v1/runs', ['421 unknown-host']],
    ['GET file:///etc/passwd', ['421 unknown-host']],

    ['GET /api/v1/runs?__proto__[x]=1&constructor[prototype][y]=2', UNREADABLE],
    ['GET /api/v1/containers/%c0%ae%c0%ae', UNREADABLE],
    ['GET /api/v1/runs\rX: y', UNREADABLE],
    ['GET\t/api/v1/runs\t', UNREADABLE],
  ])('%j', async (line, answers) => {
    expect(answersIn(await send(WITH_KEY(line)))).toEqual(answers);
  });

  test.each(['/livez/../api/v1/runs', '/livez/%2e%2e/api/v1/runs', '/livez;/api/v1/runs', '/livez%2f..%2fapi/v1/runs'])(
    'a probe is no way around the door: %s',
    async (path) => {
      expect(answersIn(await send(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`))).toEqual(['404 route-not-found']);
    },
  );

  test.each([
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /api/v1/runs\r\n\r\n',
    'GET /api/v1/runs HTTP/9.9\r\nHost: localhost\r\n\r\n',
  ])('another version of HTTP is not spoken: %j', async (bytes) =>
    expect(answersIn(await send(bytes))).toEqual(UNREADABLE),
  );

  test.each([
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0177.0.0.1',
    '0.0.0.0',
    'localhost.evil.example',
  ])('a name that only looks like loopback is none of ours: %s', async (host) => {
    expect(answersIn(await send(`${LIST.replace('localhost', host)}\r\n`))).toEqual(['421 unknown-host']);
  });

  test('whole addresses are links like others: none of them begins with two', async () => {
    for (const container of ['one', 'two']) {
      useCases.containers.add(container);
      await useCases.startRun({ container });
    }
    const list = await send(WITH_KEY('GET http://localhost/api/v1/runs?maxpagesize=1'));
    expect(list).toMatch(/"nextLink":"http:\/\/localhost\/api\/v1\/runs\?maxpagesize=1&continuation=/);
    const [id = ''] = useCases.runs.keys();
    const status = await send(WITH_KEY(`GET http://localhost/runtime/webhooks/durabletask/instances/${id}?`));
    expect(status).toMatch(/\nLocation: http:\/\/localhost\/runtime\/webhooks\/durabletask\/instances\/\w+\?\r/);
    expect(answersIn(await send(WITH_KEY('GET http://localhost?x=1')))).toEqual(['404 route-not-found']);
  });
});
