import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCosmosServer } from '../../packages/dev-cosmos/src/server';
import { decodeKey, sign } from '../../packages/dev-cosmos/src/authorization';
import { CHECKOUT } from '../../packages/dev-stack/src/checkout';
import { startLocalVision } from '../../packages/dev-vision/src/server';
import { KEY } from './cosmos-server/server-under-test';

/** Guarantee: the local services speak https where another machine asks, with the certificates of a trial in a cluster. */

let folder: string;
let tls: { cert: string; key: string };
let ca: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-tls-'));
  const secrets = join(folder, 'secrets');
  execFileSync(join(CHECKOUT, 'deploy/kubernetes/stand-ins/make-secrets.sh'), [secrets]);
  const read = (name: string) => readFileSync(join(secrets, name), 'utf8');
  tls = { cert: read('tls.crt'), key: read('tls.key') };
  ca = read('ca.crt');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ask(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    get(url, { ca, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    }).on('error', reject);
  });
}

test('Cosmos: locations are https too, so that a client stays where it began', async () => {
  const server = await startCosmosServer({ port: 0, file: join(folder, 'cosmos.db'), key: KEY, tls });
  try {
    expect(server.endpoint).toMatch(/^https:/);
    const date = new Date().toUTCString();
    const signature = sign(decodeKey(KEY), 'GET', '', '', date);
    const { status, body } = await ask(`${server.endpoint}/`, {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      'x-ms-date': date,
      'x-ms-version': '2020-11-05',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ readableLocations: [{ databaseAccountEndpoint: `${server.endpoint}/` }] });
  } finally {
    await server.close();
  }
});

test('Vision', async () => {
  const service = await startLocalVision({ port: 0, key: 'local-key', tls });
  try {
    expect(service.endpoint).toMatch(/^https:/);
    expect((await ask(`${service.endpoint}/stats`)).status).toBe(200);
  } finally {
    await service.close();
  }
});
