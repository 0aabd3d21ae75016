import type { ContainerEntry } from '../../../src/domain/container/container-entry';
import type { ContainersGateway } from '../../../src/gateways/containers/port';

export interface ContainersSubject {
  readonly containers: ContainersGateway;
  stop(): Promise<void>;
}

function entry(container: string, total: number, changes: Partial<ContainerEntry> = {}): ContainerEntry {
  const images = { total, succeeded: total, failed: 0, skipped: 0, removed: 0 };
  return { container, images, updatedAt: '2026-01-01T00:00:00.000Z', ...changes };
}

/** The contract of ContainersGateway: the same for every implementation. */
export function describeContainers(name: string, start: () => Promise<ContainersSubject>): void {
  describe(`containers: ${name}`, () => {
    let subject: ContainersSubject;
    let containers: ContainersGateway;
    beforeAll(async () => {
      subject = await start();
      containers = subject.containers;
    });
    afterAll(() => subject?.stop());

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
      await containers.refresh('photos', async () => first);
      expect(await stored('photos')).toEqual(first);
      await containers.refresh('photos', async () => entry('photos', 2));
      expect(await stored('photos')).toEqual(entry('photos', 2));
    });

    test.each(['slow-new', 'slow-known'])(
      'what was seen earlier never replaces what was seen later: %s',
      async (name) => {
        if (name === 'slow-known') await containers.refresh(name, async () => entry(name, 0));
        let truth = 1;
        let looks = 0;
        await containers.refresh(name, async () => {
          looks += 1;
          const seen = truth;
          if (looks === 1) {
            truth = 2;
            await containers.refresh(name, async () => entry(name, truth)); // another milestone overtakes this one
          }
          return entry(name, seen);
        });
        expect([looks, (await stored(name))?.images.total]).toEqual([2, 2]);
      },
    );

    test('lists by name, page by page', async () => {
      for (const one of ['list-c', 'list-a', 'list-b']) await containers.refresh(one, async () => entry(one, 0));
      const names = (await all()).map(({ container }) => container);
      expect(names.filter((one) => one.startsWith('list-'))).toEqual(['list-a', 'list-b', 'list-c']);
      expect(names).toEqual([...names].sort());
    });
  });
}
