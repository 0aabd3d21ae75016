import { ChunkOpenings } from '../../../../src/actors/run/suspicion';

const ref = (chunk = 0, page = 0) => ({ runId: 'a'.repeat(32), page, chunk });
const FIRST = { isToldAgain: false, isPartial: false };

/** Openings whose parts are committed, through JSON as in the real store. */
function openings() {
  const parts = new Map<string, string>();
  const part = async <T>(key: string) => {
    const text = parts.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  };
  const all = new ChunkOpenings({ part });
  const commit = (changes: Readonly<Record<string, unknown>>) => {
    for (const [key, value] of Object.entries(changes)) parts.set(key, JSON.stringify(value));
    return Object.keys(changes);
  };
  const open = async (process: string, begun = FIRST) => {
    const opening = await all.open(ref(), process, begun);
    return { keys: commit(opening.parts), careful: opening.careful };
  };
  return { all, open, commit };
}

test('an opening is to be committed, and the same one said again is not', async () => {
  const { all, open } = openings();
  expect(await open('a')).toEqual({ keys: ['open-0'], careful: undefined });
  expect(await open('a', { isToldAgain: true, isPartial: false })).toEqual({ keys: [], careful: undefined });
  expect(await all.ofPage(0)).toEqual({ 0: { executions: 1, joined: 0 } });
});

test('a process after another makes the chunk careful, and each beginning is counted', async () => {
  const { all, open } = openings();
  const careful = [];
  for (const process of ['a', 'b', 'c', 'd']) careful.push((await open(process)).careful);
  expect(careful).toEqual([undefined, undefined, undefined, { from: 0, to: 64, poison: [] }]);
  expect(await all.ofPage(0)).toEqual({ 0: { executions: 4, joined: 0 } });
});

test('what a careful process has cleared is not suspected again, and a repeated answer clears no more', async () => {
  const { all, open, commit } = openings();
  expect(await all.clear(ref(), 64)).toEqual({ parts: {} });
  for (const process of ['a', 'b', 'c', 'd']) await open(process);
  const { parts, careful } = await all.clear(ref(), 64);
  expect(careful).toMatchObject({ from: 64 });
  commit(parts);
  expect(await all.clear(ref(), 64)).toEqual({ parts: {}, careful });
});

test('a closed chunk is open no more; who joined it is counted with it', async () => {
  const { all, open, commit } = openings();
  await open('a');
  expect(commit(await all.close(ref(), 0))).toEqual(['open-0']);
  expect(await all.ofPage(0)).toEqual({});
  await open('a', { isToldAgain: false, isPartial: true }); // it goes on after a pause
  commit(await all.close(ref(), 2));
  commit(await all.join(ref(), 1));
  expect(await all.ofPage(0)).toEqual({ 0: { executions: 2, joined: 3 } });
});

test('pages of a shard are told apart, and a run knows which parts it may have', async () => {
  const { all, commit } = openings();
  commit((await all.open(ref(1, 1), 'a', FIRST)).parts);
  commit(await all.join(ref(2, 11), 1));
  expect(await all.ofPage(1)).toEqual({ 1: { executions: 1, joined: 0 } });
  expect(await all.ofPage(11)).toEqual({ 2: { executions: 1, joined: 1 } });
  expect(ChunkOpenings.keys([0, 64])).toEqual(['open-0', 'again-0', 'open-1', 'again-1']);
});
