import fc from 'fast-check';
import { createGroupCommitter, type GroupCommitClock } from '../../../src/gateways/results/group-commit';

/** A write of the tests: `seq` tells two writes of one id apart. */
interface Write {
  readonly id: string;
  readonly partition: string;
  readonly size: number;
  readonly seq: number;
}

type Fate = 'written' | 'refused' | 'lost';

const SETTINGS = {
  idOf: (write: Write) => write.id,
  partitionOf: (write: Write) => write.partition,
  sizeOf: (write: Write) => write.size,
};

/** Time that passes only when told to. */
function manualClock() {
  let now = 0;
  const timers: { readonly at: number; readonly run: () => void }[] = [];
  const add = (at: number, run: () => void) => {
    const timer = { at, run };
    timers.push(timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  };
  const clock: GroupCommitClock = {
    now: () => now,
    soon: (run) => add(now, run),
    after: (ms, run) => add(now + ms, run),
  };
  return {
    clock,
    get armed() {
      return timers.length;
    },
    /** Runs what is due up to `ms` from now. */
    async pass(ms: number) {
      const end = now + ms;
      for (;;) {
        await flush();
        timers.sort((a, b) => a.at - b.at);
        const next = timers[0];
        if (!next || next.at > end) break;
        timers.shift();
        now = next.at;
        next.run();
      }
      now = end;
      await flush();
    },
  };
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A store whose batches end when the test says so. */
function heldStore() {
  const batches: { readonly writes: readonly Write[]; finish(fate?: Fate): void }[] = [];
  const hold = (writes: readonly Write[]) =>
    new Promise<readonly number[] | 'refused'>((resolve, reject) => {
      const finish = (fate: Fate = 'written') => {
        if (fate === 'lost') reject(new Error('no answer'));
        else resolve(fate === 'refused' ? 'refused' : writes.map((write) => write.seq));
      };
      batches.push({ writes, finish });
    });
  return {
    batches,
    commitBatch: (_partition: string, writes: readonly Write[]) => hold(writes),
    commitOne: async (write: Write) => {
      const answer = await hold([write]);
      return answer === 'refused' ? -1 : (answer[0] as number);
    },
  };
}

const write = (seq: number, changes: Partial<Write> = {}): Write => ({
  id: `image-${seq}`,
  partition: 'photos',
  size: 10,
  seq,
  ...changes,
});

function start(settings: { maxCount?: number; maxBytes?: number; maxInFlight?: number; maxWaitMs?: number } = {}) {
  const time = manualClock();
  const store = heldStore();
  const committer = createGroupCommitter({ ...SETTINGS, ...store, clock: time.clock, ...settings });
  const sizes = () => store.batches.map((batch) => batch.writes.length);
  return { time, store, committer, sizes };
}

describe('group commit', () => {
  test('a lone write leaves at once', async () => {
    const { time, committer, store } = start();
    const answer = committer.submit(write(1));
    await time.pass(0);
    store.batches[0]?.finish();
    expect(await answer).toBe(1);
  });

  test('writes of one moment leave together', async () => {
    const { time, committer, sizes } = start();
    for (const seq of [1, 2, 3]) void committer.submit(write(seq));
    await time.pass(0);
    expect(sizes()).toEqual([3]);
  });

  test('while one batch is on its way the others collect, and leave when it is answered', async () => {
    const { time, committer, store, sizes } = start();
    void committer.submit(write(1));
    await time.pass(0);
    for (const seq of [2, 3, 4]) void committer.submit(write(seq));
    await time.pass(49);
    expect(sizes()).toEqual([1]);
    store.batches[0]?.finish();
    await time.pass(0);
    expect(sizes()).toEqual([1, 3]);
  });

  test('after a batch with company the next one lingers 10 ms for more', async () => {
    const { time, committer, store, sizes } = start();
    for (const seq of [1, 2]) void committer.submit(write(seq));
    await time.pass(0);
    store.batches[0]?.finish();
    void committer.submit(write(3));
    await time.pass(9);
    void committer.submit(write(4));
    expect(sizes()).toEqual([2]);
    await time.pass(1);
    expect(sizes()).toEqual([2, 2]);
  });

  test('what waited too long for room leaves with the next answer', async () => {
    const { time, committer, store, sizes } = start({ maxInFlight: 1 });
    void committer.submit(write(1));
    await time.pass(0);
    void committer.submit(write(2));
    await time.pass(200);
    expect(sizes()).toEqual([1]);
    store.batches[0]?.finish();
    await time.pass(0);
    expect(sizes()).toEqual([1, 1]);
  });

  test('nobody waits longer than 50 ms for a batch that is not answered', async () => {
    const { time, committer, sizes } = start();
    void committer.submit(write(1));
    await time.pass(0);
    void committer.submit(write(2));
    await time.pass(50);
    expect(sizes()).toEqual([1, 1]);
  });

  test('a full batch leaves without waiting, by count and by bytes', async () => {
    const { time, committer, sizes } = start({ maxCount: 3, maxBytes: 100 });
    void committer.submit(write(0));
    await time.pass(0);
    for (const seq of [1, 2, 3]) void committer.submit(write(seq));
    expect(sizes()).toEqual([1, 3]);
    for (const seq of [4, 5]) void committer.submit(write(seq, { size: 60 }));
    expect(sizes()).toEqual([1, 3, 1]);
  });

  test('no more than the allowed number of batches is on its way', async () => {
    const { time, committer, store, sizes } = start({ maxCount: 2, maxInFlight: 2 });
    for (let seq = 0; seq < 10; seq += 1) void committer.submit(write(seq));
    await time.pass(500);
    expect(sizes()).toEqual([2, 2]);
    store.batches[1]?.finish();
    await time.pass(0);
    expect(sizes()).toEqual([2, 2, 2]);
  });

  test('two writes of one image are never on their way together', async () => {
    const { time, committer, store } = start();
    const answers = [1, 2, 3].map((seq) => committer.submit(write(seq, { id: 'same' })));
    for (let index = 0; index < 3; index += 1) {
      await time.pass(1_000);
      expect(store.batches).toHaveLength(index + 1);
      store.batches[index]?.finish();
    }
    expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  });

  test('a refused batch is written one by one', async () => {
    const { time, committer, store, sizes } = start();
    const answers = [1, 2].map((seq) => committer.submit(write(seq)));
    await time.pass(0);
    store.batches[0]?.finish('refused');
    await time.pass(0);
    expect(sizes()).toEqual([2, 1, 1]);
    store.batches[1]?.finish('refused');
    store.batches[2]?.finish();
    expect(await Promise.all(answers)).toEqual([-1, 2]);
  });

  test('after a batch without an answer one write asks first, and its error answers all', async () => {
    const { time, committer, store, sizes } = start();
    const answers = Promise.allSettled([1, 2, 3].map((seq) => committer.submit(write(seq))));
    await time.pass(0);
    store.batches[0]?.finish('lost');
    await time.pass(0);
    expect(sizes()).toEqual([3, 1]);
    store.batches[1]?.finish('lost');
    expect((await answers).map((answer) => answer.status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  test('leaves no timer behind, and says when everything is answered', async () => {
    const { time, committer, store } = start();
    await committer.drained();
    void committer.submit(write(1));
    let isDrained = false;
    void committer.drained().then(() => {
      isDrained = true;
    });
    await time.pass(0);
    expect(isDrained).toBe(false);
    store.batches[0]?.finish();
    await time.pass(0);
    expect(isDrained).toBe(true);
    expect(time.armed).toBe(0);
  });

  test('whatever happens: one answer each, order kept per id, every limit kept', async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ id: fc.nat(5), partition: fc.nat(1), size: fc.integer({ min: 1, max: 40 }) }),
      },
      { weight: 2, arbitrary: fc.record({ waitMs: fc.nat(80) }) },
      {
        weight: 3,
        arbitrary: fc.record({ answer: fc.nat(), fate: fc.constantFrom<Fate>('written', 'refused', 'lost') }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { time, committer, store } = start({ maxCount: 4, maxBytes: 100, maxInFlight: 2 });
        const answered: number[] = [];
        const submitted: Write[] = [];
        const open = new Set<(typeof store.batches)[number]>();
        const inspect = () => {
          for (const batch of store.batches.slice(seen)) {
            const { writes } = batch;
            expect(writes.length).toBeLessThanOrEqual(4);
            expect(writes.length === 1 || writes.reduce((sum, { size }) => sum + size, 0) <= 100).toBe(true);
            expect(new Set(writes.map(({ partition }) => partition)).size).toBe(1);
            expect(new Set(writes.map(({ id }) => id)).size).toBe(writes.length);
            const others = [...open].filter((other) => other.writes[0]?.partition === writes[0]?.partition);
            const ids = others.flatMap((other) => other.writes.map(({ id }) => id));
            expect(ids.filter((id) => writes.some((entry) => entry.id === id))).toEqual([]);
            open.add(batch);
          }
          seen = store.batches.length;
        };
        let seen = 0;
        const finish = async (index: number, fate: Fate) => {
          const batch = [...open][index % Math.max(open.size, 1)];
          if (!batch) return;
          open.delete(batch);
          batch.finish(fate);
          await time.pass(0);
          inspect();
        };
        for (const next of steps) {
          if ('id' in next) {
            const entry = write(submitted.length, { ...next, id: `${next.id}`, partition: `${next.partition}` });
            submitted.push(entry);
            const note = () => void answered.push(entry.seq);
            void committer.submit(entry).then(note, note);
          } else if ('waitMs' in next) {
            await time.pass(next.waitMs);
          } else {
            await finish(next.answer, next.fate);
          }
          inspect();
        }
        for (let round = 0; answered.length < submitted.length && round < 1_000; round += 1) {
          await time.pass(50);
          inspect();
          await finish(0, 'written');
        }
        expect([...answered].sort((a, b) => a - b)).toEqual(submitted.map((entry) => entry.seq));
        for (const { id, partition } of submitted) {
          const isSame = (seq: number) => submitted[seq]?.id === id && submitted[seq]?.partition === partition;
          const order = answered.filter(isSame);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
        await committer.drained();
        expect(time.armed).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
