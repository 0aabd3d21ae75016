import { createHash } from 'node:crypto';
import { manifestKeys } from '../../../src/domain/ids';
import type { ImageOutcome } from '../../../src/domain/run/report';
import type { Command } from '../../../src/domain/run/run-state';
import { ACTIVITIES } from '../../../src/names';
import { createGetReceipt } from '../../../src/use-cases/runs/get-receipt';
import { createListRunImages } from '../../../src/use-cases/runs/list-run-images';
import { createListRunSteps } from '../../../src/use-cases/runs/list-run-steps';
import { createReadRunReport } from '../../../src/use-cases/runs/read-run-report';
import { RunLedger } from '../../../src/use-cases/runs/run-ledger';
import { picture } from '../pipeline/pictures';
import {
  createInMemoryPipeline,
  Engine,
  FAIR_WEATHER,
  type InMemoryPipeline,
  type Weather,
} from '../pipeline/in-memory-pipeline';
import { simulateRun } from '../pipeline/simulated-run';

/** Runs over the whole pipeline in memory (pages of 8, chunks of 4), then asked what they did. */
const CONTAINER = 'photos';
const IMAGES = 22;
const EARLIER = '0'.repeat(32);
const FIRST = '1'.repeat(32);
const SECOND = '2'.repeat(32);
const THIRD = '3'.repeat(32);

const nameOf = (n: number) => `photo-${String(n).padStart(3, '0')}.gif`;

/** What is asked of runs, over these stores. */
function historyOf(pipeline: InMemoryPipeline) {
  const deps = { getRun: viewIn(pipeline), ledger: new RunLedger(pipeline.manifests, pipeline.actors), ...pipeline };
  return {
    images: createListRunImages(deps),
    report: createReadRunReport(deps),
    steps: createListRunSteps(deps),
    receipt: createGetReceipt(deps),
  };
}

type RunHistory = ReturnType<typeof historyOf>;

async function aPipeline(): Promise<{
  pipeline: InMemoryPipeline;
  history: RunHistory;
  run: (id: string) => Promise<void>;
}> {
  const pipeline = createInMemoryPipeline();
  pipeline.blobs.createContainer(CONTAINER);
  for (let n = 0; n < IMAGES; n++) {
    const bytes = n === 5 ? picture('tiny', 10, 10) : n === 9 ? new Uint8Array() : picture(`content ${n}`);
    pipeline.blobs.put(CONTAINER, nameOf(n), bytes);
  }
  const engine = new Engine(pipeline, FAIR_WEATHER);
  const history = historyOf(pipeline);
  const run = async (id: string) => {
    const request = { id, container: CONTAINER, prefix: '', features: [], confirmShrink: false };
    await pipeline.clock.until(
      simulateRun(pipeline, engine, { ...request, startedAt: new Date(pipeline.clock.nowMs()).toISOString() }),
    );
  };
  return { pipeline, history, run };
}

const viewIn = (pipeline: InMemoryPipeline) => async (id: string) => {
  const { run } = await pipeline.actors.run(id).view();
  if (!run) throw new Error(`no run ${id}`);
  return run;
};

async function linesOf(history: RunHistory, id: string): Promise<ImageOutcome[]> {
  const lines: ImageOutcome[] = [];
  for await (const some of await history.report(id)) lines.push(...some);
  return lines;
}

async function namesByPages(history: RunHistory, id: string, filter: object, size: number): Promise<string[]> {
  const names: string[] = [];
  let continuation: string | undefined;
  do {
    const page = await history.images(id, filter, { size, ...(continuation === undefined ? {} : { continuation }) });
    names.push(...page.value.map(({ blob }) => blob));
    continuation = page.continuation;
  } while (continuation !== undefined);
  return names;
}

/** A run whose cap is reached after some calls; `look` sees it stopped and answers what its owner says then. */
async function aCappedRun(calls: number, look: () => Promise<Command>, pipeline: InMemoryPipeline) {
  const engine = new Engine(pipeline, { fate: () => undefined, lagMs: () => 5 });
  const each = pipeline.vision.analyzer.features.length;
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const request = { id: FIRST, container: CONTAINER, prefix: '', features: [], confirmShrink: false, startedAt };
  const actor = pipeline.actors.run(FIRST);
  const decided = (async () => {
    while ((await actor.view()).run?.status !== 'StoppedAtBudget') await pipeline.clock.sleep(50);
    await actor.command({ verb: await look(), maxTransactions: 100 * each });
  })();
  const told = simulateRun(pipeline, engine, { ...request, maxTransactions: calls * each });
  await pipeline.clock.until(Promise.all([told, decided]));
  return viewIn(pipeline)(FIRST);
}

const statusesOf = async (history: RunHistory) => (await linesOf(history, FIRST)).map(({ status }) => status);

const ALL = Array.from({ length: IMAGES }, (_, n) => nameOf(n));

test('a run tells each of its images once, in order, with what was done', async () => {
  const { history, run } = await aPipeline();
  await run(FIRST);
  const lines = await linesOf(history, FIRST);
  expect(lines.map(({ blob }) => blob)).toEqual(ALL);
  expect(lines[0]).toMatchObject({ status: 'succeeded', calls: 1, downloads: 1, source: 'call' });
  expect(lines[5]).toMatchObject({ status: 'skipped', reason: 'too-small', calls: 0, downloads: 1 });
  expect(lines[9]).toMatchObject({ status: 'skipped', reason: 'empty', calls: 0 });
  expect(lines[9]).not.toHaveProperty('downloads');
});

test('the bytes that were downloaded are those of the images that were read: per image, in the run and on its receipt', async () => {
  const { pipeline, history, run } = await aPipeline();
  await run(FIRST);
  const lines = await linesOf(history, FIRST);
  const sizes = new Map<string, number>();
  for (const { name, sizeBytes } of (await pipeline.blobs.listPage(CONTAINER, { prefix: '', pageSize: 100 })).blobs) {
    sizes.set(name, sizeBytes);
  }
  const read = lines.filter(({ blob }) => blob !== nameOf(9)); // it is empty: nothing is read
  for (const { blob, bytesDownloaded } of read) expect([blob, bytesDownloaded]).toEqual([blob, sizes.get(blob)]);
  expect(lines[9]).not.toHaveProperty('bytesDownloaded');
  const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  expect(await viewIn(pipeline)(FIRST)).toMatchObject({ downloads: IMAGES - 1, bytesDownloaded: all });
  expect((await history.receipt(FIRST)).receipt).toMatchObject({ downloads: IMAGES - 1, bytesDownloaded: all });
  const document = await pipeline.results.get(CONTAINER, nameOf(0));
  expect(document?.document.attempts).toMatchObject([
    { stage: 'download', bytesDownloaded: sizes.get(nameOf(0)) },
    expect.not.objectContaining({ bytesDownloaded: expect.anything() }),
  ]);

  await run(SECOND);
  expect(await viewIn(pipeline)(SECOND)).toMatchObject({ downloads: 0, bytesDownloaded: 0 });
});

test.each([1, 3, 100])('page by page (%i at a time) the images are the same', async (size) => {
  const { history, run } = await aPipeline();
  await run(FIRST);
  expect(await namesByPages(history, FIRST, {}, size)).toEqual(ALL);
  expect(await namesByPages(history, FIRST, { status: 'skipped' }, size)).toEqual([nameOf(5), nameOf(9)]);
  expect(await namesByPages(history, FIRST, { reason: 'empty' }, size)).toEqual([nameOf(9)]);
  expect(await namesByPages(history, FIRST, { prefix: 'photo-01' }, size)).toEqual(ALL.slice(10, 20));
  expect(await namesByPages(history, FIRST, { prefix: 'x' }, size)).toEqual([]);
});

test('a settled run has no reports, and tells its images all the same, even after a later run', async () => {
  const { pipeline, history, run } = await aPipeline();
  await run(FIRST);
  await run(SECOND);
  expect(pipeline.manifests.keys().filter((key) => key.startsWith(`${SECOND}/report`))).toEqual([]);
  const unchanged = (await linesOf(history, SECOND)).map(({ blob, status }) => [blob, status]);
  expect(unchanged).toEqual(ALL.map((blob) => [blob, 'unchanged']));

  pipeline.blobs.remove(CONTAINER, nameOf(3));
  pipeline.blobs.put(CONTAINER, nameOf(4), picture('other'));
  pipeline.blobs.put(CONTAINER, 'photo-010-new.gif', picture('new'));
  await run(THIRD);
  expect((await linesOf(history, SECOND)).map(({ blob }) => blob)).toEqual(ALL);
  const third = await linesOf(history, THIRD);
  const by = (status: string) => third.filter((line) => line.status === status).map(({ blob }) => blob);
  expect(by('removed')).toEqual([nameOf(3)]);
  expect(by('succeeded')).toEqual([nameOf(4), 'photo-010-new.gif']);
  expect(third).toHaveLength(IMAGES + 1);
});

test('an image that left was no cache hit of the run that noticed it', async () => {
  const { pipeline, history, run } = await aPipeline();
  pipeline.blobs.put(CONTAINER, nameOf(3), picture('content 2'));
  await run(FIRST);
  const [hit] = (await linesOf(history, FIRST)).filter(({ source }) => source === 'cache');
  pipeline.blobs.remove(CONTAINER, hit?.blob ?? '');
  await run(SECOND);
  expect((await linesOf(history, SECOND)).filter(({ status }) => status === 'removed')).toEqual([
    expect.not.objectContaining({ source: expect.anything() }),
  ]);
  expect((await history.receipt(SECOND)).receipt).toMatchObject({ removed: 1, calls: 0, cacheHits: 0 });
});

test('the receipt adds up what the reports say, and its hashes are those of what is stored', async () => {
  const { pipeline, history, run } = await aPipeline();
  await run(FIRST);
  const { receipt, reports } = await history.receipt(FIRST);
  expect(receipt).toMatchObject({
    ...{ run: FIRST, container: CONTAINER, status: 'Completed', calls: 20, downloads: 21, retries: 0, throttled429: 0 },
    ...{ counts: { total: 22, succeeded: 20, skipped: 2 }, maybeBilledCount: 0 },
    recount: { clean: true, differences: [], count: 0 },
    price: { unit: 0.001, currency: 'USD', total: receipt.transactions / 1_000 },
  });
  expect(Object.keys(receipt.phases).sort()).toEqual(['analyze', 'finish', 'quote', 'snapshot']);
  const rows = [];
  for await (const some of reports) rows.push(...some);
  expect(rows.map(({ key }) => key)).toEqual(pipeline.manifests.keys().filter((key) => key.includes('/report/')));
  expect(rows.reduce((sum, { lines }) => sum + lines, 0)).toBe(IMAGES);
  const text = (await pipeline.manifests.readReportText({ runId: FIRST, page: 0, chunk: 1 })) ?? '';
  expect(rows[1]).toEqual({
    key: manifestKeys.report({ runId: FIRST, page: 0, chunk: 1 }),
    sha256: createHash('sha256').update(text).digest('hex'),
    lines: 4,
    executions: 1,
  });
});

test('a second execution of the end, after the clean-up, changes neither receipt nor ledger', async () => {
  const { pipeline, history, run } = await aPipeline();
  await run(FIRST);
  const before = await history.receipt(FIRST);
  const engine = new Engine(pipeline, FAIR_WEATHER);
  const scope = { runId: FIRST, container: CONTAINER, prefix: '' };
  await pipeline.clock.until(engine.step(ACTIVITIES.closeRun, { ...scope, failure: 'late' }));
  expect((await history.receipt(FIRST)).receipt).toEqual(before.receipt);
  expect(await linesOf(history, FIRST)).toHaveLength(IMAGES);
});

test('429s, retries and calls that were never answered stand in the receipt', async () => {
  const { pipeline, history, run } = await aPipeline();
  const failures = ['vision-throttled', 'vision-throttled', 'vision-timeout', 'vision-unavailable'] as const;
  pipeline.vision.script(({ number }) => {
    const code = failures[number - 1];
    return code && { ok: false, code, message: code, retryable: true };
  });
  await run(FIRST);
  const { receipt } = await history.receipt(FIRST);
  expect(receipt.throttled429).toBeGreaterThan(0);
  expect(receipt.retries).toBe(2);
  expect(receipt.maybeBilled).toHaveLength(1);
  expect(receipt).toMatchObject({ maybeBilledCount: 1, counts: { succeeded: 20, failed: 0 } });
});

test('steps: phases, pages and chunks in order, with their times', async () => {
  const { history, run } = await aPipeline();
  await run(FIRST);
  const { value, continuation } = await history.steps(FIRST, { size: 100 });
  expect(continuation).toBeUndefined();
  expect(value.map((step) => (step.step === 'page' ? `page ${step.page}` : step.step))).toEqual([
    'snapshot',
    'quote',
    'analyze',
    'page 0',
    'page 1',
    'page 2',
    'finish',
  ]);
  expect(value.every(({ state, startedAt, endedAt }) => state === 'done' && startedAt && endedAt)).toBe(true);
  const chunks = value.flatMap((step) => (step.step === 'page' ? step.chunks : []));
  expect(chunks.map(({ images }) => images)).toEqual([4, 4, 4, 4, 4, 2]);
  expect(chunks.reduce((sum, { calls }) => sum + calls, 0)).toBe(20);
  const first = await history.steps(FIRST, { size: 2 });
  expect(first.value).toHaveLength(5);
  const rest = await history.steps(FIRST, { size: 2, continuation: first.continuation ?? '' });
  expect([...first.value, ...rest.value]).toEqual(value);
});

test('while a run goes on, what is finished is told with few reads, and there is no receipt', async () => {
  const { pipeline, history } = await aPipeline();
  const engine = new Engine(pipeline, FAIR_WEATHER);
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const request = { id: FIRST, container: CONTAINER, prefix: '', features: [], confirmShrink: false, startedAt };
  const scope = { runId: FIRST, container: CONTAINER, prefix: '' };
  await pipeline.actors.container(CONTAINER).beginRun({ runId: FIRST });
  await pipeline.actors.run(FIRST).begin(request);
  const steps = async () => {
    await engine.step(ACTIVITIES.setPhase, { ...scope, phase: 'snapshot' });
    for (const page of [0, 1, 2]) await engine.step(ACTIVITIES.listPage, { ...scope, page });
    await engine.step(ACTIVITIES.writeQuote, scope);
    await engine.step(ACTIVITIES.setPhase, { ...scope, phase: 'analyze' });
    await engine.step(ACTIVITIES.analyzeChunk, { ...scope, ref: { runId: FIRST, page: 1, chunk: 0 } });
  };
  await pipeline.clock.until(steps());
  expect((await linesOf(history, FIRST)).map(({ blob }) => blob)).toEqual(ALL.slice(8, 12));
  for (const size of [1, 3, 100]) expect(await namesByPages(history, FIRST, {}, size)).toEqual(ALL.slice(8, 12));
  expect(await namesByPages(history, FIRST, { status: 'failed' }, 2)).toEqual([]);
  const summed = jest.spyOn(pipeline.manifests, 'readReportText');
  const read = jest.spyOn(pipeline.manifests, 'readReport');
  expect((await history.images(FIRST, {}, { size: 2 })).value.map(({ blob }) => blob)).toEqual(ALL.slice(8, 10));
  // Of all its reports those up to the one that has enough, once: a list is asked for again and again.
  expect([summed.mock.calls.length, read.mock.calls.map(([{ page, chunk }]) => [page, chunk])]).toEqual([
    0,
    [
      [0, 0],
      [0, 1],
      [1, 0],
    ],
  ]);
  await expect(history.receipt(FIRST)).rejects.toMatchObject({
    code: 'receipt-not-found',
    message: 'The run is Running.',
  });
  const { value } = await history.steps(FIRST, { size: 100 });
  expect(value.map(({ state }) => state)).toEqual(['done', 'done', 'running', 'waiting', 'running', 'waiting']);
});

test('the rest of a run that stopped at its budget is told, each image once, and is gone when the run has ended', async () => {
  const { pipeline, history } = await aPipeline();
  const look = async () => {
    const { failureGroups = [], counts } = await viewIn(pipeline)(FIRST);
    const lines = await linesOf(history, FIRST);
    expect(lines.map(({ blob }) => blob)).toEqual(ALL);
    const rest = lines.filter(({ status }) => status === 'not-analysed');
    expect(rest.length).toBe(IMAGES - counts.succeeded - counts.skipped);
    expect(failureGroups).toMatchObject([{ reason: 'budget', count: rest.length }]);
    expect(rest[0]).toEqual({
      ...{ blob: rest[0]?.blob, status: 'not-analysed', listed: true, reason: 'budget', calls: 0, transactions: 0 },
    });
    const documents = pipeline.results.documents(CONTAINER).map(({ blob }) => blob);
    const names = rest.map(({ blob }) => blob);
    expect([...documents, ...names].sort()).toEqual(ALL);
    for (const size of [1, 3, 100]) {
      expect(await namesByPages(history, FIRST, {}, size)).toEqual(ALL);
      expect(await namesByPages(history, FIRST, { reason: 'budget' }, size)).toEqual(names);
      expect(await namesByPages(history, FIRST, { status: 'not-analysed', prefix: 'photo-01' }, size)).toEqual(
        names.filter((name) => name.startsWith('photo-01')),
      );
      expect(await namesByPages(history, FIRST, { reason: 'cancelled' }, size)).toEqual([]);
    }
    return 'resume' as const;
  };
  const run = await aCappedRun(6, look, pipeline);
  expect(run).toMatchObject({ status: 'Completed', counts: { succeeded: 20, skipped: 2 }, failureGroups: [] });
  expect(await statusesOf(history)).not.toContain('not-analysed');
  expect(await namesByPages(history, FIRST, { reason: 'budget' }, 5)).toEqual([]);
});

test.each([
  ['cancel', 'Cancelled', 'cancelled'],
  ['fail', 'Failed', 'run-failed'],
] as const)(
  'after a %s a run tells the rest until its records are deleted, and nothing of it stays then',
  async (verb, status, reason) => {
    const { pipeline, history, run: tell } = await aPipeline();
    let rest: string[] = [];
    const look = async () => {
      rest = await namesByPages(history, FIRST, { reason: 'budget' }, 100);
      return verb;
    };
    const run = await aCappedRun(6, look, pipeline);
    expect(rest.length).toBeGreaterThan(8);
    expect(run).toMatchObject({ status, failureGroups: [{ reason, count: rest.length }] });
    expect(run.counts.succeeded + run.counts.skipped).toBe(IMAGES - rest.length);
    expect((await linesOf(history, FIRST)).map(({ blob }) => blob)).toEqual(ALL);
    for (const size of [1, 3, 100]) {
      expect(await namesByPages(history, FIRST, { reason }, size)).toEqual(rest);
      expect(await namesByPages(history, FIRST, { status: 'succeeded' }, size)).toHaveLength(6);
      expect(await namesByPages(history, FIRST, { reason: 'budget' }, size)).toEqual([]);
    }
    await tell(SECOND);
    expect(await namesByPages(history, SECOND, { status: 'succeeded' }, 100)).toHaveLength(14);
    expect(await namesByPages(history, FIRST, { status: 'not-analysed' }, 100)).toEqual(rest);
    await pipeline.manifests.deleteRecords(FIRST, 3);
    expect(pipeline.manifests.keys().filter((key) => key.startsWith(FIRST))).toEqual([]);
  },
);

test('what was saved and never reported, as its process died, is told from the documents of a run that stopped', async () => {
  const { pipeline, history } = await aPipeline();
  const look = async () => {
    const before = await linesOf(history, FIRST);
    for (const key of pipeline.manifests.keys().filter((key) => key.includes('/report/'))) pipeline.manifests.lose(key);
    expect(await linesOf(history, FIRST)).toEqual(before);
    expect(before.filter(({ status }) => status === 'succeeded')).toHaveLength(6);
    return 'cancel' as const;
  };
  expect((await aCappedRun(6, look, pipeline)).status).toBe('Cancelled');
});

test('what needs no work is not of the rest, although the run did not come to it', async () => {
  const { pipeline, history, run } = await aPipeline();
  await run(EARLIER);
  const added = ALL.map((name) => name.replace('.gif', '-new.gif')).filter((_, n) => n % 2 === 0);
  for (const name of added) pipeline.blobs.put(CONTAINER, name, picture(name));
  const look = async () => {
    const { failureGroups } = await viewIn(pipeline)(FIRST);
    const rest = await namesByPages(history, FIRST, { reason: 'budget' }, 3);
    const done = await namesByPages(history, FIRST, { status: 'succeeded' }, 100);
    expect(done).toHaveLength(3);
    expect([...done, ...rest].sort()).toEqual(added);
    expect(failureGroups).toMatchObject([{ reason: 'budget', count: rest.length }]);
    expect(await namesByPages(history, FIRST, { status: 'unchanged' }, 100)).toEqual(ALL);
    return 'resume' as const;
  };
  expect(await aCappedRun(3, look, pipeline)).toMatchObject({ status: 'Completed', calls: added.length });
});

test('a page whose index was lost before the end is told by its reports', async () => {
  const { pipeline, history } = await aPipeline();
  const engine = new Engine(pipeline, FAIR_WEATHER);
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const request = { id: FIRST, container: CONTAINER, prefix: '', features: [], confirmShrink: false, startedAt };
  const told = simulateRun(pipeline, engine, request);
  const lost = (async () => {
    while (!pipeline.manifests.keys().includes(manifestKeys.report({ runId: FIRST, page: 2, chunk: 1 }))) {
      await pipeline.clock.sleep(1);
    }
    pipeline.manifests.lose(manifestKeys.page(FIRST, 1));
  })();
  await pipeline.clock.until(Promise.all([told, lost]));
  expect((await linesOf(history, FIRST)).map(({ blob }) => blob)).toEqual(ALL);
});

test('a page that storage forgot with all its reports is told again from the documents', async () => {
  const { pipeline, history } = await aPipeline();
  const engine = new Engine(pipeline, { fate: () => undefined, lagMs: () => 10 });
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const request = { id: FIRST, container: CONTAINER, prefix: '', features: [], confirmShrink: false, startedAt };
  const told = simulateRun(pipeline, engine, request);
  const lost = (async () => {
    const phase = async () => (await pipeline.actors.run(FIRST).view()).run?.phase;
    for (let now = await phase(); now !== 'finish'; now = await phase()) {
      if (now === 'done') throw new Error('the finish was not seen');
      await pipeline.clock.sleep(5);
    }
    for (const key of pipeline.manifests.keys()) pipeline.manifests.lose(key);
  })();
  await pipeline.clock.until(Promise.all([told, lost]));
  const lines = await linesOf(history, FIRST);
  expect(lines.map(({ blob }) => blob)).toEqual(ALL);
  expect(lines.filter(({ status }) => status === 'succeeded')).toHaveLength(20);
  expect(pipeline.manifests.keys().filter((key) => key.includes('/page-') && !key.includes('/report/'))).toEqual(
    [0, 1, 2].map((page) => manifestKeys.ledger(FIRST, page)),
  );
});

test('a chunk whose process died says that it was begun twice', async () => {
  const { pipeline, history } = await aPipeline();
  let deaths = 0;
  const weather: Weather = {
    fate: () => (pipeline.asked.total === 6 && deaths++ === 0 ? 'die-before' : undefined),
    lagMs: () => 1,
  };
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const request = { id: FIRST, container: CONTAINER, prefix: '', features: [], confirmShrink: false, startedAt };
  await pipeline.clock.until(simulateRun(pipeline, new Engine(pipeline, weather), request));
  const { value } = await history.steps(FIRST, { size: 100 });
  const chunks = value.flatMap((step) => (step.step === 'page' ? step.chunks : []));
  expect(deaths).toBeGreaterThan(0);
  expect(chunks.filter(({ executions }) => executions === 2).length).toBeGreaterThan(0);
  expect(chunks.every(({ executions, joined }) => executions <= 2 && joined === 0)).toBe(true);
  const rows = [];
  for await (const some of (await history.receipt(FIRST)).reports) rows.push(...some);
  expect(rows.map(({ executions }) => executions)).toEqual(chunks.map(({ executions }) => executions));
});

test('a chunk that is delivered twice says that the second delivery did nothing', async () => {
  const { pipeline, history } = await aPipeline();
  const weather: Weather = { fate: () => undefined, lagMs: () => 40 };
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const request = { id: FIRST, container: CONTAINER, prefix: '', features: [], confirmShrink: false, startedAt };
  const twice = (delivery: number) => (delivery === 1 ? [0, 0] : delivery === 2 ? [0, 1] : [0]);
  await pipeline.clock.until(simulateRun(pipeline, new Engine(pipeline, weather), request, twice));
  const { value } = await history.steps(FIRST, { size: 100 });
  const chunks = value.flatMap((step) => (step.step === 'page' ? step.chunks : []));
  expect(chunks.map(({ executions, joined }) => [executions, joined])).toEqual([
    [1, 0],
    [1, 1],
    [1, 1],
    ...Array(3).fill([1, 0]),
  ]);
  expect(pipeline.asked.total).toBe(20);
});

test('a continuation that is none is refused', async () => {
  const { history, run } = await aPipeline();
  await run(FIRST);
  await expect(history.images(FIRST, {}, { size: 1, continuation: '1.x' })).rejects.toMatchObject({
    code: 'invalid-request',
  });
});
