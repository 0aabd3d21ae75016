/**
 * What Cosmos DB may do to the writes of a run: refuse them for a while, say that somebody else wrote, break off before
 * and after it has written. A proxy between the app and the development server does each of it over and over; documents,
 * totals and bill are as if it had never been.
 */
import { join } from 'node:path';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { type Fault, type FaultProxy, startFaultProxy } from '../../../packages/bench/src/fault-proxy';
import { startTestStack, type TestStack } from '../framework';
import { documents, runToEnd, violations } from '../main-job/client';

const IMAGES = 150;
const throttled: Fault = { status: 429, headers: { 'x-ms-retry-after-ms': '50', 'x-ms-substatus': '3200' } };
/** 408: not executed as far as anybody knows. 449: "retry with". */
const TROUBLES: readonly (readonly [name: string, fault: Fault])[] = [
  ['429', throttled],
  ['449', { status: 449 }],
  ['408', { status: 408 }],
  ['503', { status: 503 }],
  ['409', { status: 409 }],
  ['412', { status: 412 }],
  ['a connection that breaks', 'reset'],
  ['an answer that is lost after the write', 'lose-answer'],
];

let stack: TestStack;
let proxy: FaultProxy;

beforeAll(async () => {
  proxy = await startFaultProxy();
  stack = await startTestStack({
    appScript: join(__dirname, 'app-behind-proxy.cjs'),
    appEnv: { FAULT_PROXY: proxy.url },
  });
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await proxy?.stop();
}, 60_000);

test.each(TROUBLES)(
  '%s for one write in three: every image is analysed once',
  async (name, fault) => {
    const container = `cosmos-${name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}`;
    await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
    let [writes, met] = [0, 0];
    proxy.obey((line, headers) => {
      if (headers['x-ms-documentdb-isquery']) return 'pass';
      if (!/^(POST|PUT) .*\/colls\/(ImageAnalysis|AnalysisCache)\/docs/.test(line)) return 'pass';
      writes += 1;
      if (writes % 3 !== 0) return 'pass';
      met += 1;
      return fault;
    });
    const run = await runToEnd(stack, container);
    proxy.obey(() => 'pass');
    expect(met).toBeGreaterThan(3);
    expect(run).toMatchObject({ status: 'Completed', calls: IMAGES, counts: { total: IMAGES, succeeded: IMAGES } });
    expect((await documents(stack, container)).size).toBe(IMAGES);
    expect(await violations(stack, container, run.id)).toEqual([]);
  },
  90_000,
);
