/**
 * Names as people and programs give them, through everything that carries one: listing, manifest, document, report (both
 * forms), history, command line, sidecar and logs. And names that Blob Storage and Cosmos DB sort differently, over many
 * small pages: nothing is analysed twice, lost, or taken for gone.
 */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ENDPOINTS, pathOf, taken } from '../../../src/contract';
import { runCli } from '../../../packages/cli/src/run-cli';
import { createPictures } from '../../../packages/bench/src/pictures';
import { APP_ID } from '../../../src/names';
import { HOSTILE_NAMES } from '../../contract/gateways/hostile-names';
import { startTestStack, type TestStack } from '../framework';
import { ask, blobs, documents, runToEnd, violations } from '../main-job/client';

const CONTAINER = 'names';
/** By UTF-16 unit the emoji come first, by code point the full-width letters. */
const SORTED_TWICE = ['🎞', '📷', '𝒳', 'Ａ', 'ﬀ', '\uffee'].flatMap((first) =>
  Array.from({ length: 5 }, (_, n) => `order/${first}${n}.jpg`),
);
/** One word to a person, two names to every machine. */
const TWINS = ['caf\u00e9.jpg', 'cafe\u0301.jpg'];
const NAMES = [
  // The service makes a slash of a backslash when a blob is written: no listing shows one.
  ...HOSTILE_NAMES.filter((name) => !name.includes('\\')),
  '/leading slash.jpg',
  '=cmd|calc.jpg',
  'line\nX-Injected: yes.jpg',
  ...TWINS,
  ...SORTED_TWICE,
];

let stack: TestStack;
let first: string;
let pictureOf: (n: number) => Uint8Array;
const album = () => blobs(stack, CONTAINER);
const put = (name: string, n: number) =>
  album()
    .getBlockBlobClient(name)
    .upload(Buffer.from(pictureOf(n)), pictureOf(n).length);
const totals = async () => taken(await stack.client.getContainer({ params: { container: CONTAINER } }));

beforeAll(async () => {
  stack = await startTestStack({ appScript: join(__dirname, 'app-with-small-pages.cjs') });
  pictureOf = await createPictures(CONTAINER);
  await album().create();
  for (const [n, name] of NAMES.entries()) await put(name, n);
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

test('every name is analysed, once, as a document of its own', async () => {
  const run = await runToEnd(stack, CONTAINER);
  first = run.id;
  expect(run).toMatchObject({ status: 'Completed', calls: NAMES.length, removed: 0 });
  expect(run.counts).toMatchObject({ total: NAMES.length, succeeded: NAMES.length });
  const found = await documents(stack, CONTAINER);
  expect([...found.keys()].sort()).toEqual([...NAMES].sort());
  expect(new Set([...found.values()].map(({ id }) => id)).size).toBe(NAMES.length);
  expect(new Set(TWINS.map((name) => found.get(name)?.contentHash)).size).toBe(2);
  expect(await violations(stack, CONTAINER, first)).toEqual([]);
}, 120_000);

test('every name comes back as it is in both forms of the report', async () => {
  const report = async (accept: string) =>
    text(taken(await stack.client.getRunReport({ params: { id: first }, accept })));
  const lines = (await report('application/x-ndjson')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { blob: string }).blob).sort()).toEqual([...NAMES].sort());
  const [, ...rows] = cellsOf(await report('text/csv'));
  // An apostrophe keeps a spreadsheet from running what begins like a formula.
  const cells = NAMES.map((name) => (/^[=+\-@\t\r\n＝＋－＠]/.test(name) ? `'${name}` : name));
  expect(rows.map(([blob]) => blob).sort()).toEqual(cells.sort());
});

test.each(NAMES)('%j has its history, by API, command line and sidecar', async (name) => {
  const history = await stack.client.getImageHistory({ params: { container: CONTAINER, blob: name } });
  expect(history).toMatchObject({ status: 200, body: { blob: name, status: 'succeeded', runId: first } });
  // Its own link leads back to it.
  const { links } = taken(history);
  expect((await ask(links.image)).body.blob).toBe(name);

  const shown = await cli('image', 'show', `${CONTAINER}/${name}`, '-o', 'json');
  expect(JSON.parse(shown)).toMatchObject({ blob: name, container: CONTAINER });
  const rows = (await cli('image', 'show', `${CONTAINER}/${name}`)).trimEnd().split('\n');
  const plain = (await cli('image', 'show', `${CONTAINER}/order/Ａ0.jpg`)).trimEnd().split('\n');
  expect(rows.map((row) => row.split(' ')[0])).toEqual(plain.map((row) => row.split(' ')[0]));

  const twice = pathOf(ENDPOINTS.getImageHistory, { container: CONTAINER, blob: encodeURIComponent(name) });
  const headers = { 'dapr-api-token': stack.endpoints.sidecarToken };
  const answer = await ask(`${stack.endpoints.sidecar}/v1.0/invoke/${APP_ID}/method${twice}`, { headers });
  expect(answer).toMatchObject({ status: 200, body: { blob: name } });
});

test('a name writes no line of its own into a log', () => {
  const lines = (stack.logs().app ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{') || /Injected|break\.jpg/.test(line));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
});

test('a second run finds every name where it was: no call, no download, nothing gone', async () => {
  const run = await runToEnd(stack, CONTAINER);
  expect(run).toMatchObject({ status: 'Completed', calls: 0, removed: 0, failureGroups: [] });
  expect(run.quote?.images).toMatchObject({ new: 0, changed: 0, unchanged: NAMES.length, missing: 0 });
  expect((await stack.client.getReceipt({ params: { id: run.id } })).body).toMatchObject({ downloads: 0 });
  const report = await text(taken(await stack.client.getRunReport({ params: { id: run.id } })));
  expect(report.trimEnd().split('\n')).toHaveLength(NAMES.length);
  expect(await violations(stack, CONTAINER, run.id)).toEqual([]);
  const verified = await stack.client.verifyContainer({ params: { container: CONTAINER } });
  expect(verified).toMatchObject({ status: 200, body: { clean: true, differences: [] } });
}, 60_000);

test('one that is replaced and one that is deleted are all that a third run touches', async () => {
  await put('order/🎞2.jpg', 1_000);
  await album().deleteBlob('order/Ａ3.jpg');
  const run = await runToEnd(stack, CONTAINER);
  expect(run).toMatchObject({ status: 'Completed', calls: 1, removed: 1 });
  expect(run.quote?.images).toMatchObject({ new: 0, changed: 1, missing: 1 });
  const touched = [...(await documents(stack, CONTAINER)).values()].filter(({ runId }) => runId === run.id);
  expect(touched.map(({ blob, status }) => [blob, status]).sort()).toEqual(
    [
      ['order/Ａ3.jpg', 'removed'],
      ['order/🎞2.jpg', 'succeeded'],
    ].sort(),
  );
  expect((await totals()).images).toMatchObject({ total: NAMES.length - 1, removed: 1 });
  expect(await violations(stack, CONTAINER, run.id)).toEqual([]);
}, 60_000);

/** The command line in this process, against the stack. */
async function cli(...words: readonly string[]): Promise<string> {
  let text = '';
  const stream = (isKept: boolean) => ({
    write: (some: string | Uint8Array) => {
      if (isKept) text += String(some);
      return true;
    },
    once: () => undefined,
  });
  const code = await runCli(words, {
    env: { CONTACTSHEET_ADDRESS: stack.endpoints.api },
    platform: process.platform,
    stdout: stream(true),
    stderr: stream(false),
    interrupted: new AbortController().signal,
    now: Date.now,
    sleep: async () => {},
  });
  expect(code).toBe(0);
  return text;
}

/** RFC 4180. */
function cellsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, cell = '', end] of csv.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/g)) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\r\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}
