import fc from 'fast-check';
import type { ApprovalRule } from '../../../src/domain/run/approval';
import type { RunRequest } from '../../../src/domain/run/run';
import { createInMemoryPipeline, Engine, FAIR_WEATHER, type InMemoryPipeline } from './in-memory-pipeline';
import { picture } from './pictures';
import { simulateRun } from './simulated-run';

/**
 * Guarantee: where its owner has to agree, a run calls for nothing that was not in its quote, whatever the blobs turn out to
 * be; what it left is in the price of the next run, and in the end every image is analysed and paid for once.
 */

const CONTAINER = 'photos';
const FEATURES = 4;
const RULES = ['auto', 'always', { above: 0.02 }, { above: 1_000 }] as const satisfies readonly ApprovalRule[];

interface Blob {
  readonly name: string;
  readonly contentType?: string;
  readonly content: 'image' | 'text';
}

const BLOB: fc.Arbitrary<Blob> = fc.record(
  {
    name: fc
      .tuple(fc.nat(30), fc.constantFrom('.gif', '.jpg', '.json', '.xmp', '.heic', '.mp4', '', '.unheard-of'))
      .map(([n, extension]) => `${n}${extension}`),
    contentType: fc.constantFrom('image/gif', 'application/json', 'application/octet-stream', 'image/heic'),
    content: fc.constantFrom('image' as const, 'text' as const),
  },
  { requiredKeys: ['name', 'content'] },
);

function put({ blobs }: InMemoryPipeline, { name, content, ...properties }: Blob): void {
  blobs.put(CONTAINER, name, content === 'image' ? picture(name) : Buffer.from(`no image: ${name}`), properties);
}

async function run(pipeline: InMemoryPipeline, number: number, approval: ApprovalRule) {
  const request: RunRequest = {
    ...{ id: String(number).padStart(32, '0'), container: CONTAINER, prefix: '', features: [], confirmShrink: false },
    ...{ approval, startedAt: new Date(pipeline.clock.nowMs()).toISOString() },
  };
  const before = pipeline.vision.calls;
  const { run: done } = await pipeline.clock.until(simulateRun(pipeline, new Engine(pipeline, FAIR_WEATHER), request));
  return { done, calls: pipeline.vision.calls - before };
}

test('a run spends what was priced and not more; the next one prices what it left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(BLOB, { selector: ({ name }) => name, maxLength: 20 }),
      fc.constantFrom<ApprovalRule>(...RULES),
      async (blobs, rule) => {
        const pipeline = createInMemoryPipeline();
        pipeline.blobs.createContainer(CONTAINER);
        for (const blob of blobs) put(pipeline, blob);
        const images = blobs.filter(({ content }) => content === 'image').length;
        const first = await run(pipeline, 1, rule);
        const { transactions = 0 } = first.done.quote ?? {};
        if (rule === 'auto') expect(first.calls).toBe(images);
        else expect(first.calls * FEATURES).toBeLessThanOrEqual(transactions);
        expect(first.done.transactions).toBe(first.calls * FEATURES);
        const left = pipeline.results.documents(CONTAINER).filter(({ reason }) => reason === 'not-priced');
        expect(first.calls + left.length).toBe(images);
        const second = await run(pipeline, 2, rule);
        expect(second.done.quote).toMatchObject({ calls: left.length, transactions: left.length * FEATURES });
        expect(second.calls).toBe(left.length);
        const third = await run(pipeline, 3, rule);
        expect([third.calls, third.done.counts.unchanged]).toEqual([0, blobs.length]);
        const done = pipeline.results.documents(CONTAINER).filter(({ status }) => status === 'succeeded');
        expect(done).toHaveLength(images);
      },
    ),
    { numRuns: 60 },
  );
});

test('what the cache was to answer and does not is not paid for without consent either', async () => {
  const pipeline = createInMemoryPipeline();
  pipeline.blobs.createContainer(CONTAINER);
  // The listing tells the MD5 of other bytes, as a client may have written whatever it liked.
  put(pipeline, { name: 'a.gif', content: 'image' });
  await run(pipeline, 1, 'auto');
  const { contentMd5 } = (await pipeline.blobs.head(CONTAINER, 'a.gif')) ?? {};
  const other = picture('b.gif');
  pipeline.blobs.put(CONTAINER, 'b.gif', other, { ...(contentMd5 !== undefined && { contentMd5 }) });
  const { done, calls } = await run(pipeline, 2, { above: 0 });
  expect(done.quote).toMatchObject({ calls: 0, transactions: 0, images: { cached: 1 } });
  expect(calls).toBe(0);
  expect(done.failureGroups).toMatchObject([{ reason: 'not-priced', count: 1 }]);
});
