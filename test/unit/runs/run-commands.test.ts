import type { RunView } from '../../../src/domain/run';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import type { StartRunCommand } from '../../../src/http/use-cases';
import { RunCommands } from '../../../src/runs/run-commands';
import { createMemoryActors } from '../actors/memory-actors';
import { ANALYZER, stored } from '../domain/images';

const ID = 'a'.repeat(32);

function createSite(features?: readonly string[]) {
  const old = {
    id: ID,
    container: 'photos',
    prefix: 'a/',
    status: 'CompletedWithErrors',
    ...(features && { features }),
  };
  const started: StartRunCommand[] = [];
  const results = createMemoryResults();
  const commands = new RunCommands({
    ...{ actors: createMemoryActors(() => 0), runs: createMemoryRuns(), results },
    workflows: { raiseEvent: async () => {} },
    service: {
      get: async () => old as unknown as RunView,
      start: async (command) => {
        started.push(command);
        return { ...old, id: 'b'.repeat(32) } as unknown as RunView;
      },
    },
    analyzer: () => createMemoryVision().analyzer,
  });
  return { commands, started, results };
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
