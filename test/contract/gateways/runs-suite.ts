import { NO_WORK } from '../../../src/domain/counters';
import type { RunStatus, RunView } from '../../../src/domain/run/run';
import type { RunFilter, RunsGateway } from '../../../src/gateways/runs/port';

export interface RunsSubject {
  readonly runs: RunsGateway;
  stop(): Promise<void>;
}

function runView(id: string, changes: Partial<RunView> = {}): RunView {
  return {
    id,
    container: 'photos',
    prefix: '',
    status: 'Running',
    phase: 'analyze',
    counts: { total: 3, totalIsFinal: true, succeeded: 1, failed: 0, skipped: 0, unchanged: 1, inFlight: 1 },
    removed: 0,
    ...NO_WORK,
    calls: 1,
    transactions: 1,
    failureGroups: [],
    startedAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:01.000Z',
    ...changes,
  };
}

/** The contract of RunsGateway: the same for every implementation. */
export function describeRuns(name: string, start: () => Promise<RunsSubject>): void {
  describe(`runs: ${name}`, () => {
    let subject: RunsSubject;
    let runs: RunsGateway;
    let ids = 0;
    beforeAll(async () => {
      subject = await start();
      runs = subject.runs;
    });
    afterAll(() => subject?.stop());

    const newId = (): string => {
      ids += 1;
      return ids.toString(16).padStart(32, '0');
    };

    test('knows nothing of a run that was never written', async () => {
      expect(await runs.get(newId())).toBeUndefined();
    });

    test('gives back the newest view, and nothing else', async () => {
      const run = runView(newId());
      await runs.write(run);
      expect(await runs.get(run.id)).toEqual(run);
      const later = { ...run, calls: 2, updatedAt: '2026-01-01T00:00:02.000Z' };
      await runs.write(later);
      expect(await runs.get(run.id)).toEqual(later);
    });

    test('what an older build did not count is 0', async () => {
      const run = runView(newId(), { container: 'of-an-older-build' });
      const { downloads: _, bytesDownloaded: __, retries: ___, throttled: ____, ...older } = run;
      await runs.write(older as RunView);
      expect(await runs.get(run.id)).toEqual(run);
      expect((await runs.list({ container: run.container }, { size: 10 })).value).toEqual([run]);
    });

    test('a final run is not overwritten by one that is not, but by another final one', async () => {
      const final = runView(newId(), { status: 'Completed', phase: 'done', endedAt: '2026-01-01T00:01:00.000Z' });
      await runs.write(final);
      await runs.write(runView(final.id, { status: 'Running' }));
      expect(await runs.get(final.id)).toEqual(final);
      const corrected = { ...final, status: 'CompletedWithErrors' as const };
      await runs.write(corrected);
      expect(await runs.get(final.id)).toEqual(corrected);
    });

    test('a final write among many others at once is the one that stands', async () => {
      const id = newId();
      const statuses: RunStatus[] = ['Counting', 'Running', 'Completed', 'Running', 'Pausing'];
      await Promise.all(statuses.map((status) => runs.write(runView(id, { status }))));
      expect((await runs.get(id))?.status).toBe('Completed');
    });

    test('lists newest first, by container and by status, page by page', async () => {
      const container = `list-${newId()}`;
      const startedAt = (minute: number) => `2026-02-01T00:0${minute}:00.000Z`;
      const written = [3, 1, 4, 2].map((minute) =>
        runView(newId(), { container, startedAt: startedAt(minute), status: minute > 2 ? 'Running' : 'Completed' }),
      );
      for (const run of written) await runs.write(run);
      await runs.write(runView(newId(), { container: `other-${container}` }));

      const minutes = async (filter: RunFilter, size: number, continuation?: string) => {
        const page = await runs.list(filter, { size, ...(continuation !== undefined && { continuation }) });
        return { minutes: page.value.map((run) => Number(run.startedAt.slice(15, 16))), next: page.continuation };
      };
      const first = await minutes({ container }, 3);
      expect(first.minutes).toEqual([4, 3, 2]);
      expect(await minutes({ container }, 3, first.next)).toEqual({ minutes: [1], next: undefined });
      expect((await minutes({ container, statuses: ['Completed', 'Failed'] }, 10)).minutes).toEqual([2, 1]);
      expect((await minutes({ container, statuses: [] }, 10)).minutes).toEqual([]);
      expect((await runs.list({}, { size: 100 })).value.length).toBeGreaterThanOrEqual(5);
      expect((await runs.list({ container }, { size: 1 })).value[0]).toEqual(written[2]);
    });
  });
}
