import { setTimeout as pause } from 'node:timers/promises';
import { KEPT_OPERATIONS, LOST_AFTER_MS, type Operation } from '../../../src/domain/operation';
import type { Verification } from '../../../src/domain/container/verification';
import { createMemoryManifests } from '../../../src/gateways/manifests/memory-manifests';
import { createMemoryStores } from '../../../src/gateways/by-container/memory-by-container';
import { Operations } from '../../../src/use-cases/operations/operations';

const RESULT: Verification = { clean: true, checkedAt: '2026-01-01T00:00:00.000Z', differences: [], count: 0 };
const TASK = { kind: 'verify', container: 'photos' } as const;

function aBench() {
  const time = { ms: Date.UTC(2026, 0, 1) };
  const clock = { nowMs: () => time.ms, sleep: () => pause(20) };
  const manifests = createMemoryManifests();
  const known = createMemoryStores().operations;
  let ids = 0;
  const newId = () => `operation-${++ids}`;
  const operations = new Operations({ manifests, known, clock, newId });
  return { time, clock, manifests, known, operations };
}

/** Work that ends when the test says so. */
function work() {
  let end: (result: Verification | Error) => void = () => {};
  const done = new Promise<Verification>((resolve, reject) => {
    end = (result) => (result instanceof Error ? reject(result) : resolve(result));
  });
  let begun = 0;
  const begin = () => {
    begun += 1;
    return done;
  };
  return { begin, end: (result: Verification | Error = RESULT) => end(result), times: () => begun };
}

async function ended(operations: Operations, id: string): Promise<Operation> {
  for (;;) {
    const operation = await operations.get(id);
    if (operation.status !== 'Running') return operation;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test('what ends soon is answered itself, and leaves no record', async () => {
  const { operations, manifests } = aBench();
  expect(await operations.run(TASK, async () => RESULT)).toEqual({ done: true, result: RESULT });
  expect(manifests.keys()).toEqual([]);
});

test('what takes longer is found by its id when it has ended', async () => {
  const { operations } = aBench();
  const { begin, end } = work();
  const answer = await operations.run(TASK, begin);
  if (answer.done) throw new Error('it cannot be done');
  expect(await operations.get(answer.operation.id)).toMatchObject({ ...TASK, status: 'Running' });
  end();
  expect(await ended(operations, answer.operation.id)).toMatchObject({ status: 'Succeeded', result: RESULT });
});

test('a failure is thrown to who still waits, and recorded for who does not', async () => {
  const { operations } = aBench();
  await expect(operations.run(TASK, () => Promise.reject(new Error('soon')))).rejects.toThrow('soon');
  const { begin, end } = work();
  const answer = await operations.run(TASK, begin);
  if (answer.done) throw new Error('it cannot be done');
  end(new Error('late'));
  const error = { code: 'internal', message: 'late' };
  expect(await ended(operations, answer.operation.id)).toMatchObject({ status: 'Failed', error });
});

test('the same work is done once at a time, under one id', async () => {
  const { operations } = aBench();
  const { begin, end, times } = work();
  const [a, b] = await Promise.all([operations.run(TASK, begin), operations.run(TASK, begin)]);
  expect(times()).toBe(1);
  expect(a).toEqual(b);
  end();
  await Promise.all([a, b].map((each) => !each.done && ended(operations, each.operation.id)));
  await operations.run(TASK, begin);
  expect(times()).toBe(2);
});

test('a record that nobody renews is shown as failed', async () => {
  const { operations, manifests, time } = aBench();
  const at = new Date(time.ms).toISOString();
  await manifests.writeOperation({ ...TASK, id: 'x', status: 'Running', startedAt: at, updatedAt: at });
  time.ms += 59_000;
  expect((await operations.get('x')).status).toBe('Running');
  time.ms += 1_000;
  expect(await operations.get('x')).toMatchObject({ status: 'Failed', error: { code: 'lost' } });
  await expect(operations.get('y')).rejects.toMatchObject({ code: 'operation-not-found' });
});

test('another replica tells how it goes, also when the one that worked on it is gone', async () => {
  const { operations, manifests, known, time, clock } = aBench();
  const { begin, end } = work();
  const answer = await operations.run(TASK, begin);
  if (answer.done) throw new Error('it cannot be done');
  const { id } = answer.operation;
  const other = new Operations({ manifests, known, clock, newId: () => 'other' });
  expect(await other.get(id)).toMatchObject({ ...TASK, id, status: 'Running' });
  time.ms += LOST_AFTER_MS; // nobody renewed it
  expect(await other.get(id)).toMatchObject({ error: { code: 'lost', message: expect.stringContaining('ask again') } });
  end();
  expect(await ended(other, id)).toMatchObject({ status: 'Failed' });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await other.get(id)).toMatchObject({ status: 'Succeeded', result: RESULT }); // it was only slow
});

test('a record is forgotten when it is old, and no other; what was never written keeps none', async () => {
  const { operations, manifests, known, time } = aBench();
  const begin = async (container: string) => {
    const { begin, end } = work();
    await operations.run({ ...TASK, container }, begin);
    end();
    time.ms += 1_000;
  };
  const startMs = time.ms;
  for (const container of ['photos', 'scans', 'photos', 'albums']) await begin(container);
  manifests.lose('operations/operation-2'); // its process died between the two writes
  expect(await operations.expire(startMs)).toBe(0);
  expect(await operations.expire(startMs + 2_500)).toBe(3);
  expect(manifests.keys()).toEqual(['operations/operation-4']);
  expect((await known.list({ size: 100 })).value).toMatchObject([{ container: 'albums' }]);
  expect(await operations.expire(startMs + 10_000)).toBe(1);
  expect([manifests.keys(), (await known.list({ size: 100 })).value]).toEqual([[], []]);
});

test('a container keeps its newest records; what did not go at once goes with the next', async () => {
  const { manifests, known, time } = aBench();
  const startedAt = new Date(time.ms).toISOString();
  const old = Array.from({ length: KEPT_OPERATIONS }, (_, at) => ({ id: `old-${at}`, startedAt }));
  await known.change('photos', () => ({ container: 'photos', operations: old }));
  for (const { id } of old) {
    await manifests.writeOperation({ ...TASK, id, status: 'Succeeded', startedAt, updatedAt: startedAt });
  }
  let isRefused = true;
  const deleteOperation = async (id: string) => {
    if (isRefused) throw new Error('not now');
    await manifests.deleteOperation(id);
  };
  let ids = 0;
  const clock = { nowMs: () => time.ms, sleep: () => pause(1) };
  const deps = { manifests: { ...manifests, deleteOperation }, known, clock };
  const operations = new Operations({ ...deps, newId: () => `new-${++ids}` });
  const begin = async () => {
    const { begin, end } = work();
    const answer = await operations.run(TASK, begin);
    if (answer.done) throw new Error('it cannot be done');
    end();
    return ended(operations, answer.operation.id);
  };
  const kept = async () => (await known.list({ size: 1 })).value[0]?.operations.map(({ id }) => id) ?? [];

  expect((await begin()).status).toBe('Succeeded');
  expect(await kept()).toEqual([...old.map(({ id }) => id), 'new-1']); // a record is known until it is deleted
  isRefused = false;
  await begin();
  const newest = [...old.slice(2).map(({ id }) => id), 'new-1', 'new-2'];
  expect(await kept()).toEqual(newest);
  expect(manifests.keys()).toEqual(newest.map((id) => `operations/${id}`).sort());
});

describe('a cancel', () => {
  /** Work that goes on until it is told to end. */
  const endless = (signal: AbortSignal) =>
    new Promise<Verification>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });

  async function begun(operations: Operations): Promise<string> {
    const answer = await operations.run(TASK, endless);
    if (answer.done) throw new Error('it cannot be done');
    return answer.operation.id;
  }

  test('ends the work, and the record says so', async () => {
    const { operations } = aBench();
    const id = await begun(operations);
    expect((await operations.cancel(id)).status).toBe('Running');
    expect(await ended(operations, id)).toMatchObject({ status: 'Cancelled', error: { code: 'operation-cancelled' } });
    expect((await operations.cancel(id)).status).toBe('Cancelled');
  });

  test('that another process hears ends it too', async () => {
    const { operations, ...deps } = aBench();
    const id = await begun(operations);
    await new Operations({ ...deps, newId: () => 'never' }).cancel(id);
    expect(await ended(operations, id)).toMatchObject({ status: 'Cancelled' });
  });

  test('of what has ended changes nothing, and of what is unknown is refused', async () => {
    const { operations } = aBench();
    const { begin, end } = work();
    const answer = await operations.run(TASK, begin);
    if (answer.done) throw new Error('it cannot be done');
    end();
    await ended(operations, answer.operation.id);
    expect(await operations.cancel(answer.operation.id)).toMatchObject({ status: 'Succeeded', result: RESULT });
    await expect(operations.cancel('nothing')).rejects.toMatchObject({ code: 'operation-not-found' });
  });
});
