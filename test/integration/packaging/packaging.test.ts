import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { startTestStack, type TestStack, withLogs } from '../framework';
import { install, pack, start } from './installed';

/**
 * What somebody without a checkout gets: each package packed, installed into an empty folder without development packages,
 * and started.
 */

const IMAGES = 5;
let folder: string;
const product = () => join(folder, 'product', 'node_modules', 'contactsheet');
const program = (place: string, name: string) => join(folder, place, 'node_modules', '.bin', name);
const cli = (words: readonly string[], settings: Record<string, string> = {}) =>
  start(program('cli', 'contactsheet'), words, settings).ended;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-packed-'));
  const places = ['product', 'cli', 'component'];
  const tarballs = await pack(['.', './packages/cli', './packages/pubsub-storage-queues'], folder);
  expect(tarballs).toHaveLength(places.length);
  await Promise.all(tarballs.map((tarball, index) => install(tarball, join(folder, places[index] ?? ''))));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the product holds what its folder says, and names the settings that it misses', async () => {
  for (const name of ['components', 'dapr.yaml', 'openapi.json', 'docs', 'samples', 'README.md', 'LICENSE']) {
    expect([name, existsSync(join(product(), name))]).toEqual([name, true]);
  }
  expect(existsSync(join(product(), 'src'))).toBe(false);
  const { code, stderr } = await start(process.execPath, [join(product(), 'dist', 'app.js')]).ended;
  expect(code).toBe(2);
  for (const name of [
    'AZURE_STORAGE_CONNECTION_STRING',
    'COSMOS_ENDPOINT',
    'COSMOS_KEY',
    'VISION_ENDPOINT',
    'VISION_KEY',
  ])
    expect(stderr).toContain(name);
});

test('the command line brings no other package, and says what it is', async () => {
  expect(readdirSync(join(folder, 'cli', 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    'contactsheet-cli',
  ]);
  expect(await cli(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  const { code, stdout } = await cli(['--help']);
  expect(code).toBe(0);
  for (const word of ['Usage: contactsheet', 'quote', 'doctor', 'container']) expect(stdout).toContain(word);
});

test('the component listens where it is told to, until a signal comes', async () => {
  const socket = join(folder, 'queues.sock');
  const component = start(program('component', 'dapr-pubsub-azure-storage-queues'), ['--socket', socket]);
  await component.printed(`listening on ${socket}`);
  expect((await component.stop()).code).toBe(0);
});

describe('on a stack', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ appScript: join(product(), 'dist', 'app.js'), vision: { latencyMs: 5 } });
    await seedContainer(stack.endpoints.blobConnectionString, 'photos', IMAGES);
  }, 120_000);
  afterAll(() => stack?.stop());

  const scenario = (name: string, work: () => Promise<void>) => test(name, () => withLogs(work), 120_000);

  scenario('the installed product does what the installed command line asks of it', async () => {
    const settings = { CONTACTSHEET_ADDRESS: stack.endpoints.api };
    expect(await cli(['run', 'start', 'photos', '--wait', '--quiet'], settings)).toMatchObject({ code: 0 });
    const { code, stdout } = await cli(['run', 'list', '-o', 'json'], settings);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      value: [{ container: 'photos', status: 'Completed', counts: { total: IMAGES, succeeded: IMAGES } }],
    });
  });

  scenario('the installed component tells of the groups in the account', async () => {
    const { code, stdout } = await start(program('component', 'dapr-pubsub-azure-storage-queues'), ['groups'], {
      AZURE_STORAGE_CONNECTION_STRING: stack.endpoints.queueConnectionString,
    }).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^contactsheet\.\S+ · contactsheet: 0 waiting, 0 parked$/m);
  });
});
