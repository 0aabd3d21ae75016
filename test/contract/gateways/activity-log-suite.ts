import type { ActivityEntry, ActivityLogGateway } from '../../../src/gateways/activity-log/port';

export interface ActivityLogSubject {
  readonly log: ActivityLogGateway;
  stop(): Promise<void>;
}

function activityEntry(container: string, id: string, changes: Partial<ActivityEntry> = {}): ActivityEntry {
  return {
    id,
    container,
    type: 'io.contactsheet.run.started.v1',
    subject: `containers/${container}/runs/1`,
    time: '2026-01-01T00:00:00.000Z',
    data: { runId: '1', nested: { list: [1, 'two', null] } },
    ...changes,
  };
}

/** The contract of ActivityLogGateway: the same for every implementation. */
export function describeActivityLog(name: string, start: () => Promise<ActivityLogSubject>): void {
  describe(`activity log: ${name}`, () => {
    let subject: ActivityLogSubject;
    let log: ActivityLogGateway;
    beforeAll(async () => {
      subject = await start();
      log = subject.log;
    });
    afterAll(() => subject?.stop());

    test('an event is recorded once, and a duplicate changes nothing', async () => {
      const entry = activityEntry('once', 'run-1/run-started');
      expect(await log.record(entry)).toBe(true);
      expect(await log.record({ ...entry, time: '2027-01-01T00:00:00.000Z' })).toBe(false);
      expect((await log.list('once', { size: 10 })).value).toEqual([entry]);
    });

    test('of many deliveries at once one is the first', async () => {
      const entry = activityEntry('race', 'run-2/run-started');
      const answers = await Promise.all(Array.from({ length: 10 }, () => log.record(entry)));
      expect(answers.filter((isFirst) => isFirst)).toHaveLength(1);
    });

    test('ids that a document could not have are told apart', async () => {
      const ids = ['a/b', 'a\\b', 'a?b', 'a#b', 'a b', 'ä', '', '../..', "'", '"', 'x'.repeat(1_000)];
      for (const id of ids) expect(await log.record(activityEntry('ids', id))).toBe(true);
      const listed = (await log.list('ids', { size: 100 })).value;
      expect(listed.map((entry) => entry.id).sort()).toEqual([...ids].sort());
    });

    test('lists one container, newest first, page by page', async () => {
      for (const hour of [1, 3, 2]) {
        await log.record(activityEntry('list', `event-${hour}`, { time: `2026-01-01T0${hour}:00:00.000Z` }));
      }
      const first = await log.list('list', { size: 2 });
      expect(first.value.map((entry) => entry.id)).toEqual(['event-3', 'event-2']);
      const rest = await log.list('list', { size: 2, continuation: first.continuation ?? '' });
      expect(rest.value.map((entry) => entry.id)).toEqual(['event-1']);
      expect(rest.continuation).toBeUndefined();
      expect(await log.list('nothing', { size: 2 })).toEqual({ value: [] });
    });
  });
}
