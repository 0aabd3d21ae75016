import '../../../packages/dev-stack/src/azurite-saves';
import { createRequire } from 'node:module';

interface Database {
  addCollection(name: string): { insert(document: object): void };
  close(): void;
}

const Loki = createRequire(__filename)('lokijs') as new (name: string, options: object) => Database;

const INTERVAL_MS = 5_000; // Azurite's

/** With Azurite's interval, changing all the time. */
describe('an index of the storage emulator', () => {
  const used = { user: 0, system: 0 };
  let saves: { readonly atMs: number; readonly documents: number }[] = [];
  let began = 0;

  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(process, 'cpuUsage').mockImplementation((before = { user: 0, system: 0 }) => ({
      user: used.user - before.user,
      system: used.system - before.system,
    }));
    began = Date.now();
    saves = [];
  });

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  /** Saved by an adapter that takes `costMs` of the processor and ends at once. */
  function changingDatabase(costMs: number) {
    const adapter = {
      saveDatabase(_name: string, index: string, done: () => void) {
        const { collections } = JSON.parse(index) as { collections: { data: unknown[] }[] };
        saves.push({ atMs: Date.now() - began, documents: collections[0]?.data.length ?? 0 });
        used.user += costMs * 900;
        used.system += costMs * 100;
        done();
      },
    };
    const database = new Loki('blobs', { adapter, autosave: true, autosaveInterval: INTERVAL_MS });
    const blobs = database.addCollection('blobs');
    const changes = setInterval(() => blobs.insert({}), 1_000);
    return {
      close() {
        clearInterval(changes);
        database.close();
      },
    };
  }

  const savedAt = () => saves.map(({ atMs }) => atMs / 1_000);

  it('is saved every 5 s when that costs little', () => {
    const database = changingDatabase(240);
    jest.advanceTimersByTime(20_000);
    expect(savedAt()).toEqual([5, 10, 15, 20]);
    database.close();
  });

  it('is not saved again before twenty times what the last save cost', () => {
    const database = changingDatabase(1_300);
    jest.advanceTimersByTime(70_000);
    expect(savedAt()).toEqual([5, 35, 65]);
    database.close();
  });

  it('is saved when it is closed, however short ago the last save was', () => {
    const database = changingDatabase(1_300);
    jest.advanceTimersByTime(9_500);
    expect(savedAt()).toEqual([5]);
    database.close();
    expect(saves.at(-1)).toEqual({ atMs: 9_500, documents: 9 });
    jest.advanceTimersByTime(60_000);
    expect(saves).toHaveLength(2);
  });
});
