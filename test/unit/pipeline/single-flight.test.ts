import { singleFlight } from '../../../src/pipeline/single-flight';

/** A question whose answers come when the test says so. */
function held() {
  const asked: { readonly key: string; readonly answer: (value: string) => void; readonly fail: () => void }[] = [];
  const ask = (key: string) =>
    new Promise<string>((resolve, reject) => {
      asked.push({ key, answer: resolve, fail: () => reject(new Error('gone')) });
    });
  return { asked, ask: singleFlight(ask) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('one is under way, and all who come meanwhile share the next one', async () => {
  const { asked, ask } = held();
  const first = ask('a');
  const late = [ask('a'), ask('a'), ask('a')];
  await settled();
  expect(asked).toHaveLength(1);
  asked[0]?.answer('old');
  expect(await first).toBe('old');
  await settled();
  expect(asked).toHaveLength(2);
  asked[1]?.answer('new');
  expect(await Promise.all(late)).toEqual(['new', 'new', 'new']);
});

test('whoever comes when the next one has been asked waits for the one after', async () => {
  const { asked, ask } = held();
  void ask('a');
  const second = ask('a');
  asked[0]?.answer('1');
  await settled();
  const third = ask('a');
  asked[1]?.answer('2');
  await settled();
  asked[2]?.answer('3');
  expect([await second, await third]).toEqual(['2', '3']);
});

test('a failure is told to those who shared it, and is not kept', async () => {
  const { asked, ask } = held();
  const first = ask('a');
  const shared = [ask('a'), ask('a')];
  asked[0]?.fail();
  await expect(first).rejects.toThrow('gone');
  await settled();
  asked[1]?.fail();
  for (const one of shared) await expect(one).rejects.toThrow('gone');
  const again = ask('a');
  asked[2]?.answer('back');
  expect(await again).toBe('back');
});

test('other keys are not held up, and nothing is left behind', async () => {
  const { asked, ask } = held();
  void ask('a');
  const other = ask('b');
  asked[1]?.answer('b');
  expect(await other).toBe('b');
  asked[0]?.answer('a');
  await settled();
  void ask('a');
  expect(asked).toHaveLength(3);
});
