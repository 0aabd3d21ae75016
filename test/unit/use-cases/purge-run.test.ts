import type { WorkflowStatus } from '../../../src/use-cases/workflow-starter';
import type { RunView } from '../../../src/domain/run/run';
import { createPurgeRun } from '../../../src/use-cases/runs/purge-run';
import { aRun, runId } from '../../http/fake-use-cases';

/** A run that has ended, over a workflow that answers these states one after another, the last of them for ever. */
function records(states: readonly WorkflowStatus[], run: RunView = aRun({ status: 'Completed' })) {
  const done: string[] = [];
  let looks = 0;
  const purge = createPurgeRun({
    actors: {
      run: () =>
        ({
          view: async () => ({ pages: 2 }),
          forget: async () => void done.push('actor'),
        }) as never,
    },
    runs: { remove: async () => void done.push('index') },
    instanceIds: { release: async () => {} },
    manifests: { deleteRecords: async () => void done.push('records') },
    workflows: {
      status: async () => states[Math.min(looks++, states.length - 1)] ?? 'unknown',
      purge: async () => void done.push('workflow'),
    },
    getRun: async () => run,
    sleep: async () => {},
  });
  return { purge, done };
}

describe('a purge', () => {
  test('waits until the workflow has taken its last steps, and deletes the index last', async () => {
    const { purge, done } = records(['active', 'active', 'ended']);
    expect(await purge(runId(1))).toBe(true);
    expect(done).toEqual(['records', 'workflow', 'actor', 'index']);
  });

  test('deletes nothing under a workflow that does not end', async () => {
    const { purge, done } = records(['active']);
    await expect(purge(runId(1))).rejects.toMatchObject({ code: 'workflow-unavailable', retryable: true });
    expect(done).toEqual([]);
  });

  test('of a run that goes on is none', async () => {
    const { purge, done } = records(['active'], aRun());
    expect([await purge(runId(1)), done]).toEqual([false, []]);
  });
});
