import { Fence } from '../../../src/actors/fence';

/** A promise that is settled from outside. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

/** A counter whose fence read, wait for somebody else, and write. */
function createCounter() {
  const fence = new Fence();
  const stored = { count: 0 };
  const add = (
    amount: number,
    wait: Promise<void> = Promise.resolve(),
    whileWriting: Promise<void> = Promise.resolve(),
  ) =>
    fence.take('counter', async () => {
      const { count } = stored;
      await wait;
      await fence.write(async () => {
        await whileWriting;
        stored.count = count + amount;
      });
    });
  return { add, stored };
}

test('fence that follow each other write', async () => {
  const { add, stored } = createCounter();
  await add(1);
  await add(2);
  expect(stored.count).toBe(3);
});

test.each([
  ['is under way', false],
  ['has ended', true],
])('a turn that waited until a later one %s writes nothing (I1)', async (_, isEnded) => {
  const { add, stored } = createCounter();
  const [answer, later] = [gate(), gate()];
  const forgotten = add(100, answer.opened);
  const next = add(1, isEnded ? undefined : later.opened);
  if (isEnded) await next;
  answer.open();
  await expect(forgotten).rejects.toMatchObject({ code: 'actor-failed', retryable: true });
  later.open();
  await next;
  expect(stored.count).toBe(1);
});

test('a turn sees what an earlier one was writing when it began (I2)', async () => {
  const { add, stored } = createCounter();
  const slow = gate();
  const forgotten = add(100, undefined, slow.opened);
  await Promise.resolve();
  await Promise.resolve();
  const next = add(1);
  slow.open();
  await Promise.all([forgotten, next]);
  expect(stored.count).toBe(101);
});

test('other actors take their fence meanwhile', async () => {
  const [one, other] = [createCounter(), createCounter()];
  const answer = gate();
  const waiting = one.add(1, answer.opened);
  await other.add(5);
  answer.open();
  await waiting;
  expect([one.stored.count, other.stored.count]).toEqual([1, 5]);
});
