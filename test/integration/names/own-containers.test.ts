/**
 * Guarantee: the containers whose names Azure gives and whose content is the user's, `$web` of a static website and `$root`,
 * are analysed, shown, verified and watched like any other, in either spelling of their address.
 */
import { ENDPOINTS, pathOf, taken } from '../../../src/contract';
import { createPictures } from '../../../packages/bench/src/pictures';
import { eventually, startTestStack, type TestStack } from '../framework';
import { ask, blobs, documents, runToEnd, violations } from '../main-job/client';

const NAMES = ['assets/a picture.jpg', 'index.jpg', 'z.jpg'];

let stack: TestStack;
let pictureOf: (n: number) => Uint8Array;

beforeAll(async () => {
  stack = await startTestStack();
  pictureOf = await createPictures('own-containers');
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

const upload = async (container: string, name: string, n: number): Promise<void> => {
  const bytes = Buffer.from(pictureOf(n));
  await blobs(stack, container).getBlockBlobClient(name).upload(bytes, bytes.length);
};
/** `$root` holds no slash in its names: a slash there parts a container from a blob. */
const namesIn = (container: string) => (container === '$root' ? NAMES.slice(1) : NAMES);

test.each([
  ['$web', 0],
  ['$root', 10],
])(
  '%s is analysed, once',
  async (container, from) => {
    await blobs(stack, container).create();
    const names = namesIn(container);
    for (const [n, name] of names.entries()) await upload(container, name, from + n);
    const run = await runToEnd(stack, container);
    expect(run).toMatchObject({ status: 'Completed', container, calls: names.length });
    expect([...(await documents(stack, container)).keys()].sort()).toEqual(names);
    expect(await violations(stack, container, run.id)).toEqual([]);
    for (const spelled of [container, encodeURIComponent(container)]) {
      const { status, body } = await ask(`${stack.endpoints.api}${pathOf(ENDPOINTS.listContainers)}/${spelled}`);
      expect({ status, body }).toMatchObject({ status: 200, body: { container } });
    }
    const again = await runToEnd(stack, container);
    expect(again).toMatchObject({ status: 'Completed', calls: 0, counts: { unchanged: names.length } });
  },
  120_000,
);

test('$web is watched', async () => {
  const web = { params: { container: '$web' } };
  const runs = async () => taken(await stack.client.listRuns({ query: { container: '$web' } })).value;
  const before = (await runs()).length;
  await upload('$web', 'new.jpg', 20);
  expect((await stack.client.setWatch({ ...web, body: { every: 3_600 } })).status).toBe(200);
  await eventually(async () => (await runs()).length > before, { what: 'the watch starts a run', timeoutMs: 40_000 });
  await eventually(async () => (await documents(stack, '$web')).has('new.jpg'), {
    what: 'the new blob is analysed',
    timeoutMs: 40_000,
  });
  expect((await stack.client.removeWatch(web)).status).toBeLessThan(300);
}, 120_000);
