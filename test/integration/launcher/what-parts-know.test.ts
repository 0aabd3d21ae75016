/** What the parts of a stack are given: no more of the environment than each needs, and a storage key of the home on request. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { acquireRuntime } from '../../../packages/dev-stack/src/runtime/acquire';
import { azuriteConnectionString, withoutServices } from '../../../packages/dev-stack/src/settings';
import { type Stack, startStack } from '../../../packages/dev-stack/src/stack';

const FOREIGN = { BANK_PASSWORD: 'not-yours-4711', GITHUB_TOKEN: 'not-yours-4712' };
let home: string;
let stack: Stack;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  const signal = new AbortController().signal;
  const { NODE_ENV, JEST_WORKER_ID, ...env } = withoutServices(process.env);
  stack = await startStack({
    home,
    runtime: await acquireRuntime({ env: process.env, signal, say: () => undefined }),
    env: { ...env, ...FOREIGN, LOCAL_KEYS: 'random', LOG_LEVEL: 'warn' },
    ports: 'free',
    appCommand: [process.execPath, join(__dirname, '..', 'framework', 'stub-app.cjs')],
  });
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

test('the app hears of its settings and of nothing else', async () => {
  const { api, sidecarToken } = stack.endpoints();
  const given = (await (await fetch(`${api}/settings`)).json()) as Record<string, string>;
  expect(given).toMatchObject({ LOG_LEVEL: 'warn', DAPR_API_TOKEN: sidecarToken, APP_ID: stack.plan.appID });
  expect(given.VISION_KEY).toBe(stack.endpoints().vision.key);
  for (const name of Object.keys(FOREIGN)) expect(given[name]).toBeUndefined();
});

test('no part has what is none of its business', () => {
  if (process.platform !== 'linux') return expect(stack.parts).toHaveLength(8);
  const { vision, cosmos, sidecarToken } = stack.endpoints();
  const environments = Object.fromEntries(
    stack.parts.map((part) => [part.name, readFileSync(`/proc/${part.pid()}/environ`, 'utf8')]),
  );
  const who = (secret: string) => Object.keys(environments).filter((name) => environments[name]?.includes(secret));
  for (const secret of Object.values(FOREIGN)) expect(who(secret)).toEqual([]);
  expect(who(vision.key).sort()).toEqual(['app', 'vision']);
  expect(who(cosmos.key).sort()).toEqual(['app', 'cosmos']);
  expect(who(sidecarToken).sort()).toEqual(['app', 'daprd']);
  return undefined;
});

test('with LOCAL_KEYS=random the published key opens nothing, and that of the home does', async () => {
  expect(stack.hasOwnStorageKey).toBe(true);
  const own = BlobServiceClient.fromConnectionString(stack.endpoints().blobConnectionString);
  await own.createContainer('mine');
  expect(await own.getContainerClient('mine').exists()).toBe(true);
  const published = BlobServiceClient.fromConnectionString(azuriteConnectionString(stack.ports));
  await expect(published.getContainerClient('mine').getProperties()).rejects.toMatchObject({ statusCode: 403 });
  const { sidecar, sidecarToken } = stack.endpoints();
  const saved = await fetch(`${sidecar}/v1.0/state/manifests`, {
    method: 'POST',
    headers: { 'dapr-api-token': sidecarToken, 'content-type': 'application/json' },
    body: JSON.stringify([{ key: 'a', value: 1 }]),
  });
  expect(saved.status).toBe(204);
});
