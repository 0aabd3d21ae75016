import { VersionedState } from '../../../src/actors/versioned-state';
import { createMemoryActorStore } from './memory-actors';

interface Head {
  readonly version: number;
  readonly word?: string;
}

async function written(parts: Record<string, unknown> = { part: { count: 1 } }) {
  const store = createMemoryActorStore();
  const state = new VersionedState<Head>(store);
  await state.head();
  await state.commit({ version: 0 }, parts);
  return { store, state };
}

describe('VersionedState', () => {
  test('a commit is one transaction, the version raised by one', async () => {
    const { store, state } = await written({ a: 1, b: 2 });
    expect(store.writes).toBe(1);
    expect(await state.head()).toEqual({ version: 1 });
    await state.commit({ version: 1, word: 'x' });
    expect(Object.fromEntries(store.data)).toEqual({ head: '{"version":2,"word":"x"}', a: '1', b: '2' });
  });

  test('the head is read at every call, a part once', async () => {
    const { store, state } = await written();
    store.reads.length = 0;
    for (let call = 0; call < 3; call++) {
      await state.head();
      expect(await state.part('part')).toEqual({ count: 1 });
      await state.part('absent');
    }
    expect(store.reads).toEqual(['head', 'absent', 'head', 'head']);
  });

  test.each(['before-write', 'after-write'] as const)(
    'after a commit that failed %s it remembers nothing',
    async (when) => {
      const { store, state } = await written();
      const head = (await state.head()) as Head;
      store.failNext(1, when);
      await expect(state.commit(head, { part: { count: 2 } })).rejects.toThrow();
      await state.head();
      expect(await state.part('part')).toEqual({ count: when === 'after-write' ? 2 : 1 });
    },
  );

  test('a change that failed is not saved by the next method', async () => {
    const { store, state } = await written();
    store.failNext(1);
    await expect(state.commit((await state.head()) as Head, { part: { count: 2 } })).rejects.toThrow();
    await state.commit((await state.head()) as Head, { other: 1 });
    expect(store.data.get('part')).toBe('{"count":1}');
  });

  test('an instance that was left behind forgets what it knew', async () => {
    const { store, state } = await written();
    const elsewhere = new VersionedState<Head>(store);
    await elsewhere.commit((await elsewhere.head()) as Head, { part: { count: 9 } });
    await state.head();
    expect(await state.part('part')).toEqual({ count: 9 });
  });

  test('what was absent is looked for again once somebody has written', async () => {
    const store = createMemoryActorStore();
    const state = new VersionedState<Head>(store);
    await state.head();
    expect(await state.part('part')).toBeUndefined();
    const elsewhere = new VersionedState<Head>(store);
    await elsewhere.head();
    await elsewhere.commit({ version: 0 }, { part: 1 });
    await state.head();
    expect(await state.part('part')).toBe(1);
  });

  test('a part set to undefined is deleted', async () => {
    const { store, state } = await written();
    await state.commit((await state.head()) as Head, { part: undefined });
    expect(store.data.has('part')).toBe(false);
    await state.head();
    expect(await state.part('part')).toBeUndefined();
  });

  test('a read that fails is not remembered', async () => {
    const { store, state } = await written();
    const elsewhere = new VersionedState<Head>({ ...store, read: failing(2, store.read) });
    await expect(elsewhere.head()).rejects.toThrow();
    await expect(elsewhere.part('part')).rejects.toThrow();
    expect(await elsewhere.part('part')).toEqual({ count: 1 });
    expect(await state.part('part')).toEqual({ count: 1 });
  });
});

function failing(times: number, read: (key: string) => Promise<unknown>) {
  let left = times;
  return async (key: string) => {
    if (left-- > 0) throw new Error('no answer');
    return read(key);
  };
}
