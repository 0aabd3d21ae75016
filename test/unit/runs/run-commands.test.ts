import type { RunView } from '../../../src/domain/run';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import type { StartRunCommand } from '../../../src/http/use-cases';
import { RunCommands } from '../../../src/runs/run-commands';
import { createMemoryActors } from '../actors/memory-actors';
import { ANALYZER, stored } from '../domain/images';

const ID = 'a'.repeat(32);

function createSite(features?: readonly string[], change: Partial<RunView> = {}) {
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
  const commands = new RunCommands({
    ...{ actors, runs, results },
    workflows: { raiseEvent: async () => {} },
    service: {
      get: async (id) => ({ ...old, id }) as unknown as RunView,
      start: async (command) => {
        started.push(command);
        return { ...old, id: 'b'.repeat(32) } as unknown as RunView;
      },
    },
    analyzer: () => createMemoryVision().analyzer,
  });
  return { commands, started, results, actors, runs };
}

test('a retry asks for what its run asked for', async () => {
  const { commands, started } = createSite(['Adult']);
  await commands.retry({ id: ID, filter: { code: 'vision-x' }, who: 'ann' });
  const said = { container: 'photos', prefix: 'a/', features: ['Adult'], retry: { code: 'vision-x' }, retryOf: ID };
  expect(started).toEqual([said]);
});

test('a run whose record is older than the choice is tried again as it is configured', async () => {
  const { commands, started } = createSite();
  await commands.retry({ id: ID, filter: {}, who: 'ann' });
  expect(started[0]).not.toHaveProperty('features');
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
  const { commands, results } = createSite(['Adult']);
  const analyzer = createMemoryVision().analyzer;
  const refused = (features: readonly string[]) => {
    const error = { code: 'vision-x', stage: 'vision' as const, message: '', retryable: false, features };
    return { status: 'failed' as const, analyzer: { ...analyzer, features: [] }, error };
  };
  for (const [name, features] of Object.entries({ 'a/same': ['Adult'], 'a/other': ['Faces'] })) {
    const { version: _, ...image } = stored(name, refused(features));
    await results.save({ ...image, container: 'photos', analyzedAt: '2026-01-01T00:00:00Z' }, 'new');
  }
  expect(await commands.forecast({ id: ID, filter: {} })).toMatchObject({ willRetry: 1, willNot: [{ count: 1 }] });
  expect(ANALYZER.features).not.toContain('Adult');
});
