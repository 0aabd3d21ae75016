import type { WorkflowStatus } from '../../../src/use-cases/workflow-starter';
import type { RunView } from '../../../src/domain/run/run';
import { RunRecords } from '../../../src/use-cases/runs/run-records';
import { aRun, runId } from '../../http/fake-use-cases';

/** A run that has ended, over a workflow that answers these states one after another, the last of them for ever. */
function records(states: readonly WorkflowStatus[], run: RunView = aRun({ status: 'Completed' })) {
  const done: string[] = [];
  let looks = 0;
  const subject = new RunRecords({
    actors: {
      run: () =>
        ({
          view: async () => ({ pages: 2 }),
          forget: async () => void done.push('actor'),
        }) as never,
    },
    runs: { remove: async () => void done.push('index') },
    manifests: { deleteRecords: async () => void done.push('records'), readReceipt: async () => undefined },
    workflows: {
      status: async () => states[Math.min(looks++, states.length - 1)] ?? 'unknown',
      purge: async () => void done.push('workflow'),
    },
    service: { get: async () => run },
    sleep: async () => {},
  });
  return { subject, done };
}

describe('a purge', () => {
  test('waits until the workflow has taken its last steps, and deletes the index last', async () => {
    const { subject, done } = records(['active', 'active', 'ended']);
    expect(await subject.purge(runId(1))).toBe(true);
    expect(done).toEqual(['records', 'workflow', 'actor', 'index']);
  });

  test('deletes nothing under a workflow that does not end', async () => {
    const { subject, done } = records(['active']);
    await expect(subject.purge(runId(1))).rejects.toMatchObject({ code: 'workflow-unavailable', retryable: true });
    expect(done).toEqual([]);
  });

  test('of a run that goes on is none', async () => {
    const { subject, done } = records(['active'], aRun());
    expect([await subject.purge(runId(1)), done]).toEqual([false, []]);
  });
});
