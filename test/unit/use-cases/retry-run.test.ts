import type { ApprovalRule } from '../../../src/domain/run/approval';
import { AppError } from '../../../src/domain/errors';
import type { RunView } from '../../../src/domain/run/run';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import type { StartRunCommand } from '../../../src/use-cases/runs/port';
import { createApproveRun } from '../../../src/use-cases/runs/approve-run';
import { createForecastRetry } from '../../../src/use-cases/runs/forecast-retry';
import { createRestartRun } from '../../../src/use-cases/runs/restart-run';
import { createRetryRun } from '../../../src/use-cases/runs/retry-run';
import { createMemoryActors } from '../actors/memory-actors';
import { ANALYZER, stored } from '../domain/images';

const ID = 'a'.repeat(32);

/** `others`: runs beside the one that ended, by id. */
function createSite(
  features?: readonly string[],
  change: Partial<RunView> = {},
  others: Readonly<Record<string, Partial<RunView>>> = {},
  active?: string,
  approval?: ApprovalRule,
) {
  const old = {
    id: ID,
    container: 'photos',
    prefix: 'a/',
    status: 'CompletedWithErrors',
    ...(features && { features }),
    ...change,
  };
  const started: StartRunCommand[] = [];
  const results = createMemoryResults();
  const [actors, runs] = [createMemoryActors(() => 0), createMemoryRuns()];
  const deps = {
    ...{ actors, runs, results },
    workflows: { raiseEvent: async () => {} },
    getRun: async (id: string) => ({ ...old, ...others[id], id }) as unknown as RunView,
    startRun: async (command: StartRunCommand) => {
      if (active) throw new AppError('run-active', 'There is one.', { context: { existingRun: active } });
      started.push(command);
      return { ...old, id: 'b'.repeat(32) } as unknown as RunView;
    },
    analyzer: () => createMemoryVision().analyzer,
    sleep: async () => {},
    ...(approval && { approval }),
  };
  const commands = {
    approve: createApproveRun(deps),
    forecast: createForecastRetry(deps),
    retry: createRetryRun(deps),
    restart: createRestartRun(deps),
  };
  return { commands, started, results, actors, runs };
}

/** Stores an image of the container. */
async function save({ results }: ReturnType<typeof createSite>, name: string, change: Parameters<typeof stored>[1]) {
  const { version: _, ...image } = stored(name, change);
  await results.save({ ...image, container: 'photos', analyzedAt: '2026-01-01T00:00:00Z' }, 'new');
}

/** Failed, and it may help to try again. */
function failed(code: string, retryable = true) {
  return { status: 'failed' as const, error: { code, stage: 'vision' as const, message: '', retryable } };
}

test('a retry asks for what its run asked for', async () => {
  const site = createSite(['Adult']);
  const { commands, started } = site;
  await save(site, 'a/1', failed('vision-x'));
  await commands.retry({ id: ID, filter: { code: 'vision-x' }, who: 'ann' });
  const said = { container: 'photos', prefix: 'a/', features: ['Adult'], retry: { code: 'vision-x' }, retryOf: ID };
  expect(started).toEqual([said]);
});

describe('a retry holds to what its run was held to', () => {
  const approval = { askedAt: '2026-01-02T03:04:05Z', expiresAt: '2026-01-09T03:04:05Z' };
  const kept = { container: 'photos', prefix: 'a/', retry: {}, retryOf: ID };

  test.each([
    ['its cap', { maxTransactions: 40 }, {}, { maxTransactions: 40 }],
    ['its cap, unless it is said otherwise', { maxTransactions: 40 }, { maxTransactions: 9 }, { maxTransactions: 9 }],
    ['a cap of its own', {}, { maxTransactions: 9 }, { maxTransactions: 9 }],
    ['that it had to be approved', { approval }, {}, { approval: 'always' }],
    ['its approval', { approval: { ...approval, approvedAt: '2026-01-02T04:00:00Z' } }, {}, { approval: 'always' }],
  ])('%s', async (_, ofRun, said, expected) => {
    const site = createSite(undefined, ofRun);
    await save(site, 'a/1', failed('vision-x'));
    await site.commands.retry({ id: ID, filter: {}, who: 'ann', ...said });
    expect(site.started).toEqual([{ ...kept, ...expected }]);
  });
});

describe('who never had to ask is held to what would have made him ask', () => {
  const above = (amount: number) => ({ above: amount });

  test.each([
    ['always', undefined, 'always'],
    [above(5), undefined, above(5)],
    [above(5), above(1), above(1)],
    [above(5), above(9), above(5)],
    ['auto', 'always', 'always'],
    ['auto', undefined, 'auto'],
  ] as const)('started with %j where %j is configured now: %j', async (rule, configured, expected) => {
    const site = createSite([], {}, {}, undefined, configured);
    const scope = { container: 'photos', prefix: 'a/', features: [], confirmShrink: false, approval: rule } as const;
    await site.actors.run(ID).begin({ ...scope, id: ID, startedAt: '2026-01-01T00:00:00Z' });
    await save(site, 'a/1', failed('vision-x'));
    await site.commands.retry({ id: ID, filter: {}, who: 'ann' });
    await site.commands.restart({ id: ID, who: 'ann' });
    expect(site.started.map(({ approval }) => approval)).toEqual([expected, expected]);
  });
});

describe('a retry that is said again', () => {
  const NEXT = 'd'.repeat(32);
  const going = { status: 'Running', prefix: 'a/b', retry: { code: 'vision-x' }, maxTransactions: 9 } as const;
  const filter = { prefix: 'a/b', status: 'failed', code: 'vision-x' } as const;

  test('answers the run that it has started, while that goes on', async () => {
    const site = createSite([], { retriedBy: NEXT }, { [NEXT]: going });
    for (const cap of [{}, { maxTransactions: 9 }]) {
      const run = await site.commands.retry({ id: ID, filter, who: 'ann', ...cap });
      expect([run.id, run.status]).toEqual([NEXT, 'Running']);
    }
    expect(site.started).toEqual([]);
  });

  test.each([
    ['of other images', going, { ...filter, code: 'vision-y' }, {}],
    ['of other names', going, { ...filter, prefix: 'a/' }, {}],
    ['with another cap', going, filter, { maxTransactions: 10 }],
    ['when the first has ended', { ...going, status: 'Completed' }, filter, {}],
  ] as const)('is another one %s', async (_, before, asked, cap) => {
    const site = createSite([], { retriedBy: NEXT }, { [NEXT]: before });
    await save(site, 'a/b1', failed('vision-x'));
    await save(site, 'a/b2', failed('vision-y'));
    await site.commands.retry({ id: ID, filter: asked, who: 'ann', ...cap });
    expect(site.started).toHaveLength(1);
  });
});

describe('a retry that is said twice at once', () => {
  const NEXT = 'd'.repeat(32);
  const going = { status: 'Running', prefix: 'a/', retry: { code: 'vision-x' }, retryOf: ID } as const;
  const retryBeside = async (active: Partial<RunView>) => {
    const site = createSite([], {}, { [NEXT]: active }, NEXT);
    await save(site, 'a/1', failed('vision-x'));
    return site.commands.retry({ id: ID, filter: { code: 'vision-x' }, who: 'ann' });
  };

  test('answers the run that the first word started', async () => {
    expect(await retryBeside(going)).toMatchObject({ id: NEXT, status: 'Running' });
  });

  test.each([
    ['over other images', { ...going, retry: {} }],
    ['of another run', { ...going, retryOf: 'e'.repeat(32) }],
  ])('finds the container busy with a run %s', async (_, active) => {
    await expect(retryBeside(active)).rejects.toMatchObject({ code: 'run-active' });
  });
});

test('a run whose record is older than the choice is tried again as it is configured', async () => {
  const site = createSite();
  const { commands, started } = site;
  await save(site, 'a/1', failed('vision-x'));
  await commands.retry({ id: ID, filter: {}, who: 'ann' });
  expect(started[0]).not.toHaveProperty('features');
});

describe('a run that ended early', () => {
  const counts = { total: 9, totalIsFinal: true, succeeded: 3, failed: 1, skipped: 0, unchanged: 1, inFlight: 0 };
  const whole = { ...counts, succeeded: 7 };
  const early = { status: 'Failed', counts, startedAt: '2026-01-02T00:00:00.000Z' } as const;
  const NEXT = 'd'.repeat(32);
  const rest = { container: 'photos', prefix: 'a/', retryOf: ID };

  test.each([
    ['Failed', {}, 4],
    ['Cancelled', { status: 'Cancelled' }, 4],
    ['Failed while it listed', { counts: { ...counts, totalIsFinal: false } }, 9],
    ['Failed, as its retry has', { retriedBy: NEXT }, 4],
  ] as const)('is retried as a run over all that it was for: %s', async (_, change, left) => {
    const site = createSite(undefined, { ...early, ...change }, { [NEXT]: early });
    expect(await site.commands.forecast({ id: ID, filter: {} })).toEqual({ willRetry: left, willNot: [] });
    await site.commands.retry({ id: ID, filter: {}, who: 'ann' });
    expect(site.started).toEqual([rest]);
  });

  test('and was a retry itself covers the images that it was for', async () => {
    const retry = { status: 'skipped', reason: 'too-large-bytes' } as const;
    const site = createSite(undefined, { ...early, retry });
    await site.commands.retry({ id: ID, filter: { prefix: 'a/b' }, who: 'ann' });
    expect(site.started).toEqual([{ ...rest, prefix: 'a/b', retry }]);
  });

  test('counts its own failures beside what it did not come to, and older ones once', async () => {
    const site = createSite(undefined, early);
    await save(site, 'a/own', { ...failed('vision-x'), runId: ID });
    await save(site, 'a/older', failed('vision-x'));
    expect(await site.commands.forecast({ id: ID, filter: {} })).toEqual({ willRetry: 5, willNot: [] });
  });

  test.each([
    ['names a failure', { status: 'failed' }, {}],
    ['comes after one that did the rest', {}, { retriedBy: NEXT }],
    ['is of a run that came to every image', {}, { counts: whole }],
  ] as const)('has nothing to do where the retry %s', async (_, filter, change) => {
    const done = { ...early, status: 'Completed', counts: whole } as const;
    const site = createSite(undefined, { ...early, ...change }, { [NEXT]: done });
    expect(await site.commands.forecast({ id: ID, filter })).toEqual({ willRetry: 0, willNot: [] });
    const retry = site.commands.retry({ id: ID, filter, who: 'ann' });
    await expect(retry).rejects.toMatchObject({ code: 'nothing-to-retry' });
    expect(site.started).toEqual([]);
  });

  test('answers the run that does the rest while it goes on', async () => {
    const going = { status: 'Running', retryOf: ID } as const;
    const site = createSite(undefined, { ...early, retriedBy: NEXT }, { [NEXT]: { ...going, counts } });
    expect(await site.commands.retry({ id: ID, filter: {}, who: 'ann' })).toMatchObject({ id: NEXT });
    expect(site.started).toEqual([]);
  });

  test('is restarted as what it is: a run over the rest, which names no images', async () => {
    const site = createSite(undefined, { ...early, retryOf: 'c'.repeat(32) });
    const scope = { container: 'photos', prefix: 'a/', features: [], confirmShrink: false };
    await site.actors.run(ID).begin({ ...scope, id: ID, startedAt: '2026-01-01T00:00:00Z' });
    await site.commands.restart({ id: ID, who: 'ann' });
    expect(site.started).toMatchObject([{ container: 'photos', retryOf: 'c'.repeat(32) }]);
    expect(site.started[0]).not.toHaveProperty('retry');
  });
});

describe('a retry that covers no image', () => {
  test.each([
    ['nothing failed', {}],
    ['none that failed has the code', { code: 'vision-y' }],
    ['none that failed has the prefix', { prefix: 'a/b' }],
    ['none was skipped', { status: 'skipped' as const }],
  ])('starts nothing: %s', async (_, filter) => {
    const site = createSite();
    await save(site, 'a/good', {});
    await save(site, 'b/outside-the-run', failed('vision-y'));
    if (Object.keys(filter).length > 0) await save(site, 'a/1', failed('vision-x'));
    expect(await site.commands.forecast({ id: ID, filter })).toEqual({ willRetry: 0, willNot: [] });
    await expect(site.commands.retry({ id: ID, filter, who: 'ann' })).rejects.toMatchObject({
      code: 'nothing-to-retry',
    });
    expect(site.started).toEqual([]);
  });

  test('names the run that tried again already', async () => {
    const { commands } = createSite([], { retriedBy: 'd'.repeat(32) });
    await expect(commands.retry({ id: ID, filter: {}, who: 'ann' })).rejects.toThrow(
      `Run ${'d'.repeat(32)} tried again`,
    );
  });

  test.each([
    ['refused for good', {}, failed('vision-invalid-format', false), 'vision-invalid-format'],
    ['skipped', { status: 'skipped' }, { status: 'skipped', reason: 'too-large-bytes' }, 'too-large-bytes'],
  ] as const)(
    'starts nothing where all would only be %s again, as the dry run says',
    async (_, filter, image, reason) => {
      const site = createSite();
      await save(site, 'a/1', { ...image, analyzer: { ...createMemoryVision().analyzer, features: [] } });
      const forecast = await site.commands.forecast({ id: ID, filter });
      expect(forecast).toEqual({ willRetry: 0, willNot: [{ reason, count: 1 }] });
      const retry = site.commands.retry({ id: ID, filter, who: 'ann' });
      await expect(retry).rejects.toMatchObject({ code: 'nothing-to-retry' });
      expect(site.started).toEqual([]);
    },
  );

  test.each([
    ['one of them may be analysed now', {}],
    ['the retry names why they failed', { code: 'vision-invalid-format' }],
  ])('is none where %s', async (_, filter) => {
    const site = createSite();
    const { analyzer } = createMemoryVision();
    await save(site, 'a/1', { ...failed('vision-invalid-format', false), analyzer: { ...analyzer, features: [] } });
    if (Object.keys(filter).length === 0) await save(site, 'a/2', failed('vision-timeout'));
    expect(await site.commands.forecast({ id: ID, filter })).toMatchObject({ willRetry: 1 });
    await site.commands.retry({ id: ID, filter, who: 'ann' });
    expect(site.started).toHaveLength(1);
  });
});

test('a second consent with another maximum is refused with the present state; the same one is none', async () => {
  const { commands, actors } = createSite([], { status: 'AwaitingApproval' });
  const [planHash, actor] = ['ab'.repeat(32), actors.run(ID)];
  const at = '2026-01-01T00:00:00Z';
  const scope = { container: 'photos', prefix: '', features: [], confirmShrink: false, approval: 'always' } as const;
  await actor.begin({ ...scope, id: ID, startedAt: at });
  const price = { unit: 1, currency: 'USD', total: 9, estimate: true } as const;
  const images = { total: 9, new: 9, changed: 0, unchanged: 0, missing: 0, ineligible: {} };
  const plan = { planHash, expiresAt: '2027-01-01T00:00:00Z', images, calls: 9, transactions: 9, price, duration: {} };
  await actor.quote({ quote: plan, mayRemove: true });
  await actor.setPhase({ phase: 'approve' });
  const said = { id: ID, who: 'ann', planHash };
  for (const _ of [1, 2]) {
    expect(await commands.approve({ ...said, maxTransactions: 5 })).toMatchObject({ maxTransactions: 5 });
  }
  await expect(commands.approve({ ...said, maxTransactions: 6 })).rejects.toMatchObject({
    ...{ code: 'command-refused', context: { runStatus: 'Running' } },
    message: "This run is approved already, with a maximum of 5 transactions: 'resume' sets another.",
  });
  expect((await actor.audit()).entries).toHaveLength(1);
});

describe('a restart', () => {
  const TRIED = 'c'.repeat(32);

  test('keeps what the run was started with', async () => {
    const approval = { askedAt: '2026-01-02T03:04:05Z', expiresAt: '2026-01-09T03:04:05Z' };
    const { commands, started } = createSite(['Adult'], { maxTransactions: 40, approval });
    await commands.restart({ id: ID, who: 'ann' });
    const kept = { features: ['Adult'], maxTransactions: 40, approval: 'always' };
    expect(started).toEqual([{ container: 'photos', prefix: 'a/', ...kept }]);
  });

  test('of a run over some images covers those, and no others', async () => {
    const retry = { status: 'skipped', reason: 'too-large' } as const;
    const { commands, started } = createSite(['Adult'], { retry });
    await commands.restart({ id: ID, who: 'ann' });
    expect(started).toEqual([{ container: 'photos', prefix: 'a/', features: ['Adult'], retry }]);
  });

  test('of a retry tries the same images again, and no others', async () => {
    const { commands, started, actors, runs } = createSite(['Adult'], { retryOf: TRIED });
    const retry = { status: 'skipped', reason: 'too-large' } as const;
    const scope = { container: 'photos', prefix: 'a/', features: ['Adult'], confirmShrink: false };
    await actors.run(ID).begin({ ...scope, id: ID, retry, retryOf: TRIED, startedAt: '2026-01-01T00:00:00Z' });
    const next = await commands.restart({ id: ID, who: 'ann' });
    expect(started).toEqual([{ container: 'photos', prefix: 'a/', features: ['Adult'], retry, retryOf: TRIED }]);
    expect(await runs.get(TRIED)).toMatchObject({ retriedBy: next.id });
  });

  test('of a retry whose images are not known any more starts nothing', async () => {
    const { commands, started } = createSite(['Adult'], { retryOf: TRIED });
    await expect(commands.restart({ id: ID, who: 'ann' })).rejects.toMatchObject({ code: 'run-not-found' });
    expect(started).toEqual([]);
  });
});

test('the forecast is for what the run asked for', async () => {
  const site = createSite(['Adult']);
  const analyzer = createMemoryVision().analyzer;
  const refused = (features: readonly string[]) => {
    const error = { code: 'vision-x', stage: 'vision' as const, message: '', retryable: false, features };
    return { status: 'failed' as const, analyzer: { ...analyzer, features: [] }, error };
  };
  for (const [name, features] of Object.entries({ 'a/same': ['Adult'], 'a/other': ['Faces'] })) {
    await save(site, name, refused(features));
  }
  expect(await site.commands.forecast({ id: ID, filter: {} })).toMatchObject({ willRetry: 1, willNot: [{ count: 1 }] });
  expect(ANALYZER.features).not.toContain('Adult');
});
