import type { ContainerEntry } from '../../../src/domain/container/container-entry';
import { remembered, without } from '../../../src/domain/operation';
import { storedInstanceId } from '../../../src/domain/run/instance-id';
import type { Watch } from '../../../src/domain/watch/watch';
import type { Stores } from '../../../src/gateways/by-container/port';

export interface StoresSubject {
  readonly stores: Stores;
  stop(): Promise<void>;
}

const IDS = ['a', 'b', 'c', 'd'];
const startedAt = '2026-01-01T00:00:00.000Z';

function watch(container: string, changes: Partial<Watch> = {}): Watch {
  return { container, everySeconds: 900, since: '2026-01-01T00:00:00.000Z', ...changes };
}

function entry(container: string, total: number, changes: Partial<ContainerEntry> = {}): ContainerEntry {
  const images = { total, succeeded: total, failed: 0, skipped: 0, removed: 0 };
  return { container, images, updatedAt: '2026-01-01T00:00:00.000Z', ...changes };
}

/** The contract of StoreByContainer, each kind with what it is used for: the same for every implementation. */
export function describeStores(name: string, start: () => Promise<StoresSubject>): void {
  let subject: StoresSubject;
  beforeAll(async () => {
    subject = await start();
  });
  afterAll(() => subject?.stop());

  describe(`watches: ${name}`, () => {
    let watches: Stores['watches'];
    beforeAll(() => {
      watches = subject.stores.watches;
    });

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

  describe(`containers: ${name}`, () => {
    let containers: Stores['containers'];
    beforeAll(() => {
      containers = subject.stores.containers;
    });

    async function all(size = 2): Promise<ContainerEntry[]> {
      const found: ContainerEntry[] = [];
      let continuation: string | undefined;
      do {
        const page = await containers.list({ size, ...(continuation !== undefined && { continuation }) });
        expect(page.value.length).toBeLessThanOrEqual(size);
        found.push(...page.value);
        continuation = page.continuation;
      } while (continuation !== undefined);
      return found;
    }
    const stored = async (container: string) => (await all()).find((one) => one.container === container);

    test('gives back what was seen, and nothing else; the newest look replaces it', async () => {
      const first = entry('photos', 1, { activeRun: 'a', lastRun: 'b' });
      await containers.change('photos', async () => first);
      expect(await stored('photos')).toEqual(first);
      await containers.change('photos', async () => entry('photos', 2));
      expect(await stored('photos')).toEqual(entry('photos', 2));
    });

    test.each(['slow-new', 'slow-known'])(
      'what was seen earlier never replaces what was seen later: %s',
      async (name) => {
        if (name === 'slow-known') await containers.change(name, async () => entry(name, 0));
        let truth = 1;
        let looks = 0;
        await containers.change(name, async () => {
          looks += 1;
          const seen = truth;
          if (looks === 1) {
            truth = 2;
            await containers.change(name, async () => entry(name, truth)); // another milestone overtakes this one
          }
          return entry(name, seen);
        });
        expect([looks, (await stored(name))?.images.total]).toEqual([2, 2]);
      },
    );

    test('lists all containers by name, page by page', async () => {
      for (const one of ['list-c', 'list-a', 'list-b']) await containers.change(one, async () => entry(one, 0));
      const names = (await all()).map(({ container }) => container);
      expect(names.filter((one) => one.startsWith('list-'))).toEqual(['list-a', 'list-b', 'list-c']);
      expect(names).toEqual([...names].sort());
    });
  });

  test(`instances: ${name}: each id in its stored form is a place of its own, however long it is, and one gets it`, async () => {
    const { instances } = subject.stores;
    const ids = ['nightly', 'Nightly', 'night ly', '%', 'é'.repeat(100)].map(storedInstanceId);
    for (const id of ids) await instances.change(id, () => ({ container: 'photos', runId: `of ${id}` }));
    for (const id of ids) expect(await instances.get(id)).toEqual({ container: 'photos', runId: `of ${id}` });
    const claim = (runId: string) => instances.change('claimed', (entry) => entry ?? { container: 'photos', runId });
    const holders = await Promise.all(['a', 'b', 'c'].map(claim));
    expect(new Set(holders.map((entry) => entry?.runId)).size).toBe(1);
    expect(await instances.change('claimed', () => undefined)).toBeUndefined();
    expect(await instances.get('claimed')).toBeUndefined();
  });

  test(`operations: ${name}: what replicas note at once is all known, beside the watches, and goes when it is forgotten`, async () => {
    const { operations: known, watches } = subject.stores;
    await watches.change('photos', () => watch('photos'));
    const all = async () => (await known.list({ size: 10 })).value;
    const note = (id: string) =>
      known.change('photos', (before) => remembered(before, { id, container: 'photos', startedAt }));
    await Promise.all(IDS.map(note));
    const [entry, ...others] = await all();
    expect([entry?.container, others]).toEqual(['photos', []]);
    expect(entry?.operations.map(({ id }) => id).sort()).toEqual(IDS);
    await known.change('photos', (now) => now && without(now, new Set(['a', 'c'])));
    expect((await all())[0]?.operations.map(({ id }) => id).sort()).toEqual(['b', 'd']);
    await known.change('photos', (now) => now && without(now, new Set(IDS)));
    expect(await all()).toEqual([]);
    expect(await watches.get('photos')).toMatchObject({ everySeconds: 900 });
  });
}
