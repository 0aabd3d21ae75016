import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { ENDPOINTS, pathOf } from '../../../src/contract';
import { APP_ID } from '../../../src/names';
import { compile, json, startCli } from '../../http/cli/running';
import { startTestStack, type TestStack, withLogs } from '../framework';

/** A whole stack that asks who its callers are: directly, through the sidecar, and from the command line. */

const folder = mkdtempSync(join(tmpdir(), 'access-'));
const KEYS_FILE = join(folder, 'keys.json');
const RUNS = pathOf(ENDPOINTS.listRuns);
const START = pathOf(ENDPOINTS.startRun, { container: 'photos' });

let stack: TestStack;
const keys: Record<string, string> = {};

async function create(name: string, ...words: string[]): Promise<string> {
  const { stdout } = await startCli(['keys', 'create', name, ...words], { KEYS_FILE }).ended;
  return stdout.trim();
}

beforeAll(async () => {
  await compile();
  keys.reader = await create('rita', '--role', 'reader');
  keys.operator = await create('otto', '--role', 'operator');
  keys.limited = await create('lena', '--role', 'operator', '--containers', 'other-*');
  stack = await startTestStack({ vision: { latencyMs: 5 }, appEnv: { AUTH: 'keys', KEYS_FILE } });
  await seedContainer(stack.endpoints.blobConnectionString, 'photos', 3);
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

const scenario = (name: string, work: () => Promise<void>) => test(name, () => withLogs(work), 120_000);

function ask(by: 'api' | 'sidecar', path: string, who?: string, method = 'GET'): Promise<Response> {
  const headers: Record<string, string> = who === undefined ? {} : { authorization: `Bearer ${who}` };
  return by === 'api'
    ? stack.api(path, { method, headers })
    : stack.sidecar(`/v1.0/invoke/${APP_ID}/method${path}`, { method, headers });
}

for (const by of ['api', 'sidecar'] as const) {
  scenario(`by the ${by} only whom a key names gets in, for what its role may do`, async () => {
    const statuses = async (path: string, method?: string) => {
      const answers = [undefined, 'cs_wrong', keys.reader, keys.limited].map((who) => ask(by, path, who, method));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses(RUNS)).toEqual([401, 401, 200, 200]);
    expect(await statuses(`${RUNS}?container=photos`)).toEqual([401, 401, 200, 403]);
    expect(await statuses(START, 'POST')).toEqual([401, 401, 403, 403]);
    const runs = (await (await ask(by, RUNS, keys.reader)).json()) as { readonly value: readonly unknown[] };
    expect(runs.value).toEqual([]);
    expect((await ask(by, pathOf(ENDPOINTS.getOpenApi))).status).toBe(200);
  });
}

scenario('a person with a key works as ever, and stands in the trail by the name of the key', async () => {
  const env = (key?: string) => ({
    ...{ CONTACTSHEET_ADDRESS: stack.endpoints.api, CONTACTSHEET_USER: 'mallory' },
    ...(key !== undefined && { CONTACTSHEET_KEY: key }),
  });
  const refused = await startCli(['run', 'start', 'photos'], env()).ended;
  expect(refused).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('--key') });
  expect((await startCli(['run', 'start', 'photos'], env(keys.reader)).ended).code).toBe(6);
  const started = await startCli(['run', 'start', 'photos', '--approve', 'always'], env(keys.operator)).ended;
  expect(started.code).toBe(0);
  const id = started.stdout.trim();
  expect((await startCli(['run', 'cancel', id, '--key', keys.operator ?? ''], env()).ended).code).toBe(0);
  const audit = await startCli(['run', 'audit', id, '-o', 'json'], env(keys.reader)).ended;
  expect((json(audit.stdout) as { readonly value: unknown }).value).toMatchObject([
    { verb: 'cancel', who: 'otto', how: 'key' },
  ]);

  for (const path of [RUNS, pathOf(ENDPOINTS.listContainers)]) {
    for (const by of ['api', 'sidecar'] as const) {
      const shown = async (who?: string) => {
        const { value } = (await (await ask(by, path, who)).json()) as { readonly value: readonly unknown[] };
        return value.length;
      };
      expect([await shown(keys.reader), await shown(keys.limited)]).toEqual([1, 0]); // lena's containers are others
    }
  }
});

scenario('a key that is revoked opens nothing from the next request on', async () => {
  const [, id = ''] = /^cs_(.{12})_/.exec(keys.reader ?? '') ?? [];
  expect((await ask('api', RUNS, keys.reader)).status).toBe(200);
  expect((await startCli(['keys', 'revoke', id], { KEYS_FILE }).ended).code).toBe(0);
  expect((await ask('api', RUNS, keys.reader)).status).toBe(401);
  expect((await ask('sidecar', RUNS, keys.reader)).status).toBe(401);
});
