import type { Watch } from '../../../src/domain/watch/watch';
import type { WatchesGateway } from '../../../src/gateways/watches/port';

export interface WatchesSubject {
  readonly watches: WatchesGateway;
  stop(): Promise<void>;
}

function watch(container: string, changes: Partial<Watch> = {}): Watch {
  return { container, everySeconds: 900, since: '2026-01-01T00:00:00.000Z', ...changes };
}

/** The contract of WatchesGateway: the same for every implementation. */
export function describeWatches(name: string, start: () => Promise<WatchesSubject>): void {
  describe(`watches: ${name}`, () => {
    let subject: WatchesSubject;
    let watches: WatchesGateway;
    beforeAll(async () => {
      subject = await start();
      watches = subject.watches;
    });
    afterAll(() => subject?.stop());

    test('knows nothing of a container that is not watched', async () => {
      expect(await watches.get('nobody')).toBeUndefined();
      expect(await watches.change('nobody', (before) => before)).toBeUndefined();
      expect(await watches.change('nobody', () => undefined)).toBeUndefined();
    });

    test('gives back what was written, and nothing else; removed it is gone', async () => {
      const written = watch('photos', { approval: { above: 5 }, maxTransactions: 9, wokenAtMs: 7 });
      expect(await watches.change('photos', () => written)).toEqual(written);
      expect(await watches.get('photos')).toEqual(written);
      const { wokenAtMs: _, ...changed } = { ...written, everySeconds: 60 };
      expect(await watches.change('photos', () => changed)).toEqual(changed);
      expect(await watches.get('photos')).toEqual(changed);
      expect(await watches.change('photos', () => undefined)).toBeUndefined();
      expect(await watches.get('photos')).toBeUndefined();
    });

    test('changes at once follow one another: none is lost', async () => {
      const add = () =>
        watches.change('busy', (before) => watch('busy', { everySeconds: (before?.everySeconds ?? 0) + 1 }));
      await Promise.all(Array.from({ length: 5 }, add));
      expect((await watches.get('busy'))?.everySeconds).toBe(5);
    });

    test('lists by container, page by page, and no runs', async () => {
      for (const container of ['list-c', 'list-a', 'list-b']) await watches.change(container, () => watch(container));
      const names: string[] = [];
      let continuation: string | undefined;
      do {
        const page = await watches.list({ size: 2, ...(continuation !== undefined && { continuation }) });
        expect(page.value.length).toBeLessThanOrEqual(2);
        names.push(...page.value.map(({ container }) => container));
        continuation = page.continuation;
      } while (continuation !== undefined);
      expect(names.filter((one) => one.startsWith('list-'))).toEqual(['list-a', 'list-b', 'list-c']);
      expect(names).toEqual([...names].sort());
    });
  });
}
