/**
 * The launcher's guarantees on real processes: everything comes up and says where it is; what dies is started again on
 * its port; what a killed launcher leaves behind is ended at the next start; nothing remains after a stop.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../../packages/dev-stack/src/process-table';
import { acquireRuntime } from '../../../packages/dev-stack/src/runtime/acquire';
import { withoutServices } from '../../../packages/dev-stack/src/settings';
import { type StackEvent, startStack } from '../../../packages/dev-stack/src/stack';
import { TOPICS } from '../../../src/names';
import { eventually, startTestStack, type TestStack } from '../framework';

const PARTS = ['app', 'daprd', 'pubsub', 'placement', 'scheduler', 'azurite', 'cosmos', 'vision'] as const;

describe('a stack', () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await startTestStack({ stubApp: true });
  });
  afterAll(() => stack?.stop());

  test('writes where everything is, with the real process of each part', () => {
    const file = join(stack.home, 'endpoints.json');
    const written = JSON.parse(readFileSync(file, 'utf8'));
    expect(Object.keys(written).sort()).toEqual(
      [
        'api',
        'appChannel',
        'blobConnectionString',
        'cosmos',
        'linkKey',
        'pids',
        'queueConnectionString',
        'sidecar',
        'sidecarToken',
        'vision',
      ].sort(),
    );
    expect(Object.keys(written.pids).sort()).toEqual([...PARTS].sort());
    for (const name of PARTS) expect(isAlive(written.pids[name])).toBe(true);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('loads every component and subscription of the run file', async () => {
    const response = await stack.sidecar('/v1.0/metadata');
    const metadata = (await response.json()) as { components: { name: string }[]; subscriptions: { topic: string }[] };
    expect(metadata.components.map(({ name }) => name).sort()).toEqual([
      'blob-events',
      'manifests',
      'pubsub',
      'secretstore',
      'statestore',
    ]);
    await eventually(
      async () => {
        const later = await (await stack.sidecar('/v1.0/metadata')).json();
        return (later as { subscriptions?: unknown[] }).subscriptions?.length === 2;
      },
      { what: 'both subscriptions' },
    );
  });

  test('keeps a manifest under the very key as a blob', async () => {
    const key = 'run/page-00001/chunk-01';
    const saved = await stack.sidecar('/v1.0/state/manifests', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ key, value: { blobs: ['a b#ü.jpg'] } }]),
    });
    expect(saved.status).toBe(204);
    const read = await stack.sidecar(`/v1.0/state/manifests/${encodeURIComponent(key)}`);
    expect(await read.json()).toEqual({ blobs: ['a b#ü.jpg'] });
  });

  test.each(['app', 'cosmos', 'daprd'] as const)(
    'starts %s again on its port and rewrites endpoints.json',
    async (name) => {
      const before = await stack.kill(name);
      await eventually(() => stack.pid(name) !== undefined && stack.pid(name) !== before, {
        what: `${name} starts again`,
      });
      await stack.ready(name);
      const written = () => JSON.parse(readFileSync(join(stack.home, 'endpoints.json'), 'utf8'));
      await eventually(() => written().pids[name] === stack.pid(name), {
        what: `endpoints.json names the new ${name}`,
      });
      expect(stack.events).toContainEqual(expect.objectContaining({ kind: 'died', name, pid: before, how: 'SIGKILL' }));
    },
  );

  test('starts the sidecar again when the pub/sub component was', async () => {
    const before = stack.pid('daprd');
    await stack.kill('pubsub');
    await eventually(() => stack.pid('daprd') !== undefined && stack.pid('daprd') !== before, {
      what: 'a new sidecar',
    });
    await stack.ready('daprd');
    const published = await stack.sidecar(`/v1.0/publish/pubsub/${TOPICS.deadLetters}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(published.status).toBe(204);
  });

  test('holds a restart as long as it is told to', async () => {
    const began = Date.now();
    await stack.down('azurite', 2_000);
    expect(Date.now() - began).toBeGreaterThanOrEqual(2_000);
    expect(stack.pid('azurite')).toBeDefined();
  });

  test('refuses a second stack in the same home and names the process', async () => {
    await expect(startTestStack({ stubApp: true, home: stack.home })).rejects.toMatchObject({
      exitCode: 2,
      sentence: expect.stringContaining(String(process.pid)),
    });
  });
});

test('a wrong configuration ends the start with code 2, and nothing is left', async () => {
  const started = startTestStack({ stubApp: true, appEnv: { STUB_REFUSE: '1' } });
  await expect(started).rejects.toMatchObject({ exitCode: 2 });
});

test('wrong settings end the start with code 2, all of them named, before anything runs', async () => {
  const home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  const events: StackEvent[] = [];
  const started = startStack({
    home,
    runtime: await acquireRuntime({ env: process.env, signal: new AbortController().signal, say: () => undefined }),
    env: {
      ...withoutServices(process.env),
      AzureWebJobsStorage: 'nonsense;AccountKey=x',
      COSMOS_ENDPOINT: '"https://c.documents.azure.com/"',
      LOCAL_KEYS: 'none',
    },
    ports: 'free',
    report: (event) => events.push(event),
  });
  try {
    await expect(started).rejects.toMatchObject({
      exitCode: 2,
      sentence: [
        'The configuration has 4 problems:',
        '  AzureWebJobsStorage is not a connection string of a storage account: it has no "=" in its part 1, and it has no AccountName, and it has an AccountKey that is not base64. Copy the complete string from "Access keys" of the storage account: DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net',
        '  COSMOS_ENDPOINT has quotes around its value. Remove them.',
        '  COSMOS_KEY is missing. Set it to a key of your Cosmos account (or set CosmosDBConnection).',
        '  LOCAL_KEYS has an unknown value. Use published or random.',
      ].join('\n'),
    });
    expect(events).toEqual([]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('a storage account that refuses the key ends the start with code 2 and the cure, before there is a sidecar', async () => {
  const account = createServer((_request, response) => {
    response.writeHead(403, { 'x-ms-error-code': 'KeyBasedAuthenticationNotPermitted' }).end();
  });
  await new Promise<void>((resolve) => void account.listen(0, '127.0.0.1', resolve));
  const { port } = account.address() as AddressInfo;
  const home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  const events: StackEvent[] = [];
  try {
    const started = startStack({
      home,
      runtime: await acquireRuntime({ env: process.env, signal: new AbortController().signal, say: () => undefined }),
      env: {
        ...withoutServices(process.env),
        AzureWebJobsStorage: `AccountName=own;AccountKey=eA==;BlobEndpoint=http://127.0.0.1:${port}/own`,
      },
      ports: 'free',
      report: (event) => events.push(event),
    });
    await expect(started).rejects.toMatchObject({
      exitCode: 2,
      sentence: expect.stringMatching(
        /^The storage account cannot be used\..*\(KeyBasedAuthenticationNotPermitted\): /,
      ),
    });
    expect(events.filter((event) => event.kind === 'started' && event.name === 'daprd')).toEqual([]);
  } finally {
    account.close();
    rmSync(home, { recursive: true, force: true });
  }
});

test('what a killed launcher leaves behind is ended, by its guardian or at the next start', async () => {
  const home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  const launcher = spawn(process.execPath, ['-e', LAUNCH_SERVICES, home], { stdio: 'inherit' });
  const pids = await eventually(
    () => JSON.parse(readFileSync(join(home, 'endpoints.json'), 'utf8')).pids as Record<string, number | null>,
    { what: 'the services come up' },
  );
  const running = Object.values(pids).flatMap((pid) => pid ?? []);
  expect(running).toHaveLength(6);
  launcher.kill('SIGKILL');
  await eventually(() => running.every((pid) => !isAlive(pid)), { what: 'the guardian ends the parts' });
  // The lock of the dead launcher does not hold.
  const next = await startStack({
    home,
    runtime: await acquireRuntime({ env: process.env, signal: new AbortController().signal, say: () => undefined }),
    env: withoutServices(process.env),
    ports: 'free',
    withApp: false,
  });
  await next.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The compiled launcher, as a process of its own. */
const LAUNCH_SERVICES = `
  const from = ${JSON.stringify(join(__dirname, '..', '..', '..', 'packages', 'dev-stack', 'dist'))};
  const { acquireRuntime } = require(from + '/runtime/acquire.js');
  const { startStack } = require(from + '/stack.js');
  const { withoutServices } = require(from + '/settings.js');
  const env = withoutServices(process.env);
  acquireRuntime({ env: process.env, signal: new AbortController().signal, say: console.log }).then((runtime) =>
    startStack({ home: process.argv[1], runtime, env, ports: 'free', withApp: false }));
`;
