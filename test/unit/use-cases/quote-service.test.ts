import fc from 'fast-check';
import type { AppError } from '../../../src/domain/errors';
import type { ApprovalRule } from '../../../src/domain/run/approval';
import { listedKey } from '../../../src/domain/image/analysis';
import { contributionOf, type ImageDocument } from '../../../src/domain/image/image';
import type { RunView } from '../../../src/domain/run/run';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryCache } from '../../../src/gateways/cache/memory-cache';
import { createMemoryManifests } from '../../../src/gateways/manifests/memory-manifests';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import { type CallAhead, Listing } from '../../../src/pipeline/listing';
import type { Sampled, SampleTask } from '../../../src/pipeline/sampling';
import { QuoteService, sampleTask } from '../../../src/use-cases/quotes/quote-service';
import { aRun } from '../../http/fake-use-cases';
import { createMemoryActors } from '../actors/memory-actors';
import { picture } from '../pipeline/pictures';

const EACH = 4;
const namesIn = (task: SampleTask | undefined) => (task?.calls ?? []).map(({ image }) => image.blob.name);

function createSite(images = 10, approval?: ApprovalRule) {
  const time = { ms: Date.UTC(2026, 0, 1) };
  const nowMs = () => time.ms;
  const [blobs, results, runs, vision] = [
    createMemoryBlobs(),
    createMemoryResults(),
    createMemoryRuns(),
    createMemoryVision(),
  ];
  const cache = createMemoryCache();
  const actors = createMemoryActors(nowMs);
  blobs.createContainer('photos');
  for (let n = 0; n < images; n += 1) blobs.put('photos', `${n}.gif`, picture(String(n)));
  const tasks: SampleTask[] = [];
  const state = {
    kept: 100,
    seen: (call: CallAhead) => call,
    ended: undefined as Pick<Sampled, 'ended'> | undefined,
    meanwhile: async () => {},
    statusOf: (_call: CallAhead): 'succeeded' | 'skipped' => 'succeeded',
  };
  const sampling = {
    run: async (task: SampleTask) => {
      tasks.push(task);
      await state.meanwhile();
      const outcome = { calls: 1, transactions: EACH, source: 'call' } as const;
      const looked = task.calls.map((call) => ({
        ...{ outcome: { ...outcome, status: state.statusOf(call) }, tags: [], callsMs: [50] },
        isUncertain: call.isUncertain ?? false,
      }));
      return {
        looked: state.ended ? [] : looked,
        kept: task.calls.slice(0, state.kept).map(state.seen),
        ...state.ended,
      };
    },
  };
  const listing = new Listing({
    blobs,
    results,
    cache,
    manifests: createMemoryManifests(),
    vision,
    sizes: { page: 4, chunk: 2 },
  });
  const settings = {
    ...{ price: { unit: 0.001, currency: 'EUR' }, maxLostShare: 0.2, nowMs, validMs: 60_000 },
    hash: (text: string) => text,
  };
  const service = new QuoteService({
    ...{ blobs, listing, sampling, runs, actors, vision, settings },
    random01: () => 0.5,
    ...(approval !== undefined && { approval }),
  });
  /** What a sample leaves in the cache. */
  const know = async ({ image }: CallAhead) => {
    const { contentMd5 = '', sizeBytes, name } = image.blob;
    const claim = await cache.claim(name, vision.analyzer.features, { holder: 's', nowMs: nowMs(), leaseMs: 1_000 });
    if (claim.state !== 'granted') throw new Error('it is known already');
    const paid = { holder: 's', blob: name, at: '2026-01-01T00:00:00.000Z', transactions: EACH };
    const listed = listedKey(contentMd5, sizeBytes, vision.analyzer);
    await cache.put(claim, { analysis: {}, analyzer: vision.analyzer, paid }, listed);
  };
  /** Analysed as it lies there. */
  const store = async (name: string, features = vision.analyzer.features) => {
    const blob = await blobs.head('photos', name);
    const document: ImageDocument = {
      ...{ id: name, container: 'photos', blob: name, etag: blob?.etag ?? '', sizeBytes: 1, status: 'succeeded' },
      ...{
        analyzer: { ...vision.analyzer, features },
        runId: 'old',
        chunkId: 'old',
        transactions: 0,
        attempts: [],
        replaced: {},
      },
      ...{
        contribution: contributionOf({ status: 'succeeded', sizeBytes: 1 }),
        analyzedAt: '2026-01-01T00:00:00.000Z',
      },
    };
    await results.save(document, 'new');
  };
  /** As the pipeline does: calls are booked before they are made, and what is not made goes back. */
  const spend = async (task: SampleTask, sample: string, unused = 0) => {
    const { container, calls: all, most } = task;
    let calls = 0;
    for (const { transactions } of all) {
      const request = { runId: sample, asker: 'sample', container, want: 1, transactionsPerCall: transactions };
      const ofSample = most === undefined ? {} : { sample: { most, returned: 0 } };
      const grant = await actors.quota().lease({ ...request, counted: true, ...ofSample });
      calls += Number(grant.calls);
    }
    const returned = Math.min(calls, unused) * EACH;
    if (returned > 0) await actors.quota().giveBack({ container, transactions: returned, sample });
    return calls * EACH - returned;
  };
  return { blobs, runs, actors, service, tasks, state, store, know, time, spend };
}

describe('how long it takes', () => {
  test('is said by the rate in force, and not at all where nothing limits calls', async () => {
    const { service, actors } = createSite();
    expect((await service.quote({ container: 'photos' })).duration).toEqual({});
    await actors.quota().configure({ ratePerSecond: 4 });
    expect((await service.quote({ container: 'photos' })).duration).toEqual({ atQuotaSeconds: 3 });
    await actors.quota().configure({ ratePerSecond: 0.5 });
    expect((await service.quote({ container: 'photos' })).duration).toEqual({ atQuotaSeconds: 20 });
  });

  test('is said by what the last run with a pace has shown', async () => {
    const { service, runs } = createSite();
    const ended = (id: string, change: Partial<RunView>) =>
      runs.write(
        aRun({ id: id.repeat(32), status: 'Completed', startedAt: `2026-01-0${id}T00:00:00.000Z`, ...change }),
      );
    await ended('1', { callsPerSecond: 5 });
    await ended('2', { callsPerSecond: 2.5 });
    await ended('3', {});
    expect((await service.quote({ container: 'photos' })).duration).toEqual({ atObservedSeconds: 4 });
  });
});

describe('a sample', () => {
  test('is shared with who asks for the same, and with nobody who asks for another one', () => {
    const command = { container: 'photos', prefix: 'a', features: ['Tags'], sample: 5 };
    expect(sampleTask({ ...command })).toEqual(sampleTask(command));
    const { features: _, ...asConfigured } = command;
    const others = [
      { ...command, container: 'other' },
      { ...command, prefix: 'b' },
      { ...command, features: ['Tags', 'Color'] },
      { ...command, sample: 6 },
      asConfigured,
      { ...command, isApproved: true as const },
    ];
    for (const other of others) expect(sampleTask(other)).not.toEqual(sampleTask(command));
  });

  test('is drawn of what a run would work on, and of nothing else', async () => {
    const { service, tasks, store, blobs } = createSite();
    for (const name of ['1.gif', '2.gif', '7.gif']) await store(name);
    blobs.put('photos', '7.gif', picture('changed'));
    blobs.put('photos', 'empty.gif', new Uint8Array(0));
    const quote = await service.sampled({ container: 'photos', sample: 100 });
    expect(namesIn(tasks[0]).sort()).toEqual(
      ['0.gif', '3.gif', '4.gif', '5.gif', '6.gif', '7.gif', '8.gif', '9.gif'], // 1 and 2 have their answer
    );
    expect([tasks[0]?.calls[0]?.transactions, quote.sample?.size, quote.images.new, quote.images.changed]).toEqual([
      ...[EACH, 8, 7, 1],
    ]);
  });

  test('is not in the price of what is left, and the plan is that of the run that finds it in the cache', async () => {
    const { service, tasks, know } = createSite();
    const before = await service.quote({ container: 'photos' });
    const after = await service.sampled({ container: 'photos', sample: 3 });
    expect(tasks[0]?.calls).toHaveLength(3);
    expect(after).toMatchObject({
      ...{ images: { new: 10, cached: 3 }, calls: 7, transactions: 28, price: { total: 0.028 } },
      sample: { size: 3, calls: 3, transactions: 12, cost: { total: 0.012, currency: 'EUR' } },
    });
    expect(before.calls).toBe(10);
    for (const call of tasks[0]?.calls ?? []) await know(call);
    const { sample: _, ...rest } = after;
    expect(rest).toEqual(await service.quote({ container: 'photos' }));
  });

  test('is not in the plan where the listing of a run shows no Content-MD5', async () => {
    const { service, state } = createSite();
    const before = await service.quote({ container: 'photos' });
    state.seen = ({ image, transactions }) => {
      const { contentMd5: _, ...blob } = image.blob;
      return { image: { ...image, blob }, transactions };
    };
    const after = await service.sampled({ container: 'photos', sample: 3 });
    expect([after.calls, after.planHash]).toEqual([7, before.planHash]);
  });

  test('leaves a copy that it did not draw in plan and price: the run that follows costs less, never more', async () => {
    const { service, tasks, blobs, know } = createSite(2);
    blobs.put('photos', 'copy-of-0.gif', picture('0'));
    const after = await service.sampled({ container: 'photos', sample: 1 });
    expect(namesIn(tasks[0])).toEqual(['0.gif']);
    for (const call of tasks[0]?.calls ?? []) await know(call);
    const next = await service.quote({ container: 'photos' });
    expect([after.calls, next.calls, next.planHash === after.planHash]).toEqual([2, 1, false]);
  });

  test('leaves in the price what it could not keep', async () => {
    const { service, state } = createSite();
    state.kept = 1;
    expect(await service.sampled({ container: 'photos', sample: 3 })).toMatchObject({
      calls: 9,
      images: { cached: 1 },
    });
  });

  test('corrects what was priced on suspicion', async () => {
    const { service, blobs, state } = createSite(3);
    for (let n = 0; n < 50; n += 1) blobs.put('photos', `note-${n}`, Buffer.from(`no image: ${n}`));
    state.kept = 0;
    state.statusOf = ({ isUncertain }) => (isUncertain ? 'skipped' : 'succeeded');
    expect(await service.quote({ container: 'photos' })).toMatchObject({ calls: 53, images: { uncertain: 50 } });
    const { sample, ...quote } = await service.sampled({ container: 'photos', sample: 100 });
    expect(quote).toMatchObject({ calls: 53, images: { uncertain: 50 } });
    expect(sample?.projected).toEqual({ calls: 3, transactions: 3 * EACH, total: 0.012 });
  });

  test('of what it kept none is uncertain any more', async () => {
    const { service, blobs, state } = createSite(0);
    for (let n = 0; n < 8; n += 1) blobs.put('photos', `photo-${n}`, picture(String(n)));
    state.kept = 5;
    const { sample, ...quote } = await service.sampled({ container: 'photos', sample: 100 });
    expect(quote).toMatchObject({ calls: 3, images: { uncertain: 3, cached: 5 } });
    expect(sample?.projected).toMatchObject({ calls: 3 });
  });

  test('keeps to its prefix', async () => {
    const { service, tasks } = createSite();
    await service.sampled({ container: 'photos', prefix: '1', sample: 5 });
    expect(namesIn(tasks[0])).toEqual(['1.gif']);
  });

  test('leaves out what is known, and is not paid twice for a part of it', async () => {
    const { service, tasks, store } = createSite(4);
    await store('1.gif', ['Tags', 'Color', 'Description']);
    const before = await service.quote({ container: 'photos' });
    expect([before.calls, before.transactions]).toEqual([4, 3 * EACH + 1]);
    const after = await service.sampled({ container: 'photos', sample: 100 });
    expect(tasks[0]?.calls.map(({ transactions }) => transactions).sort()).toEqual([1, EACH, EACH, EACH]);
    expect(after).toMatchObject({ calls: 0, transactions: 0, images: { cached: 4 } });
  });

  test('asks for what the run would ask for', async () => {
    const { service, tasks } = createSite(2);
    const { features, sample } = await service.sampled({ container: 'photos', features: ['Tags'], sample: 1 });
    expect([features, tasks[0]?.features, tasks[0]?.calls[0]?.transactions, sample?.size]).toEqual([
      ...[['Tags'], ['Tags'], 1, 1],
    ]);
  });

  test('that the month ends before its first call is refused', async () => {
    const { service, state } = createSite();
    state.ended = { ended: { why: 'month', reason: 'used up' } };
    await expect(service.sampled({ container: 'photos', sample: 3 })).rejects.toMatchObject({ code: 'month-used-up' });
    state.ended = { ended: { why: 'time', reason: 'time is up' } };
    expect((await service.sampled({ container: 'photos', sample: 3 })).sample?.reason).toBe('time is up');
  });

  test.each([{ monthlyTransactions: 0 }, { containerMonthlyTransactions: 0 }])(
    'is refused where the month has no call left: %j',
    async (cap) => {
      const { service, actors, tasks } = createSite();
      await actors.quota().configure(cap);
      await expect(service.sampled({ container: 'photos', sample: 1 })).rejects.toMatchObject({
        code: 'month-used-up',
      });
      expect(tasks).toEqual([]);
      expect((await service.quote({ container: 'photos' })).calls).toBe(10);
    },
  );

  test('spends nothing where the rule that is configured would ask, whatever its size, features and price', async () => {
    const rules = fc.oneof(
      fc.constantFrom<ApprovalRule>('auto', 'always'),
      fc.integer({ min: 0, max: 30 }).map((thousandths) => ({ above: thousandths / 1_000 })),
    );
    const sizes = fc.integer({ min: 1, max: 10 });
    await fc.assert(
      fc.asyncProperty(rules, sizes, fc.constantFrom(['Tags'], undefined), async (rule, sample, features) => {
        const { service, tasks } = createSite(6, rule);
        const spends = Math.min(6, sample) * (features ? 1 : EACH);
        const asks = rule === 'always' || (rule !== 'auto' && spends > Math.round(rule.above * 1_000));
        const said = await service.sampled({ container: 'photos', sample, ...(features && { features }) }).then(
          () => 'sampled',
          (thrown: AppError) => thrown.code,
        );
        expect([said, tasks.length]).toEqual(asks ? ['approval-needed', 0] : ['sampled', 1]);
      }),
      { numRuns: 60 },
    );
  });

  test('costs no more than the amount in 24 hours, together with all others that nobody approved', async () => {
    const hours = fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.integer({ min: 0, max: 30 }));
    const asked = fc.record({ afterHours: hours, size: fc.integer({ min: 1, max: 6 }), unused: fc.nat(3) });
    const amounts = fc.integer({ min: 0, max: 60 });
    await fc.assert(
      fc.asyncProperty(amounts, fc.array(asked, { maxLength: 25 }), async (thousandths, sequence) => {
        const { service, tasks, time, spend } = createSite(6, { above: thousandths / 1_000 });
        const spent: { readonly atMs: number; readonly transactions: number }[] = [];
        for (const [n, { afterHours, size, unused }] of sequence.entries()) {
          time.ms += Math.floor(afterHours * 3_600_000);
          const before = tasks.length;
          const said = await service.sampled({ container: 'photos', sample: size }).then(
            () => 'sampled',
            (thrown: AppError) => thrown.code,
          );
          const task = tasks[before];
          expect(said).toBe(task ? 'sampled' : 'approval-needed');
          const transactions = task ? await spend(task, `sample-${n}`, unused) : 0;
          // One that is let in is not cut short by those before it: it was held against what is left.
          if (task) expect(transactions).toBe(Math.max(0, size - unused) * EACH);
          spent.push({ atMs: time.ms, transactions });
          const within = spent.filter(({ atMs }) => atMs > time.ms - 24 * 3_600_000);
          // A transaction costs a thousandth.
          expect(within.reduce((sum, one) => sum + one.transactions, 0)).toBeLessThanOrEqual(thousandths);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('that others leave too little for says what they have spent, and an approver takes it', async () => {
    const { service, tasks, spend } = createSite(10, { above: 0.03 });
    await service.sampled({ container: 'photos', sample: 5 });
    if (tasks[0]) await spend(tasks[0], 'first');
    await expect(service.sampled({ container: 'photos', sample: 3 })).rejects.toMatchObject({
      code: 'approval-needed',
      message:
        'This sample of 3 images would spend 12 transactions (0.012 EUR), which needs an approval. Samples of the last 24 hours have spent 20 transactions (0.02 EUR).',
    });
    expect((await service.sampled({ container: 'photos', sample: 2 })).sample?.size).toBe(2);
    expect((await service.sampled({ container: 'photos', sample: 10, isApproved: true })).sample?.size).toBe(10);
    expect(tasks.map(({ most }) => most)).toEqual([30, 30, undefined]);
  });

  test('that others were faster than is refused, where it made no call', async () => {
    const { service, state, actors } = createSite(10, { above: 0.03 });
    const others = { runId: 'others', asker: 'sample', container: 'photos', want: 5, transactionsPerCall: EACH };
    state.ended = { ended: { why: 'samples', reason: 'used up' } };
    state.meanwhile = async () => {
      await actors.quota().lease({ ...others, counted: true, sample: { most: 30, returned: 0 } });
    };
    await expect(service.sampled({ container: 'photos', sample: 3 })).rejects.toMatchObject({
      code: 'approval-needed',
    });
  });

  test('of a container that is not there is refused', async () => {
    await expect(createSite().service.sampled({ container: 'nowhere', sample: 1 })).rejects.toMatchObject({
      code: 'container-not-found',
    });
  });
});
