/** Group commit: nothing is acknowledged before COMMIT (W1), a failed write leaves its neighbours alone (W2). */
import { WriteQueue } from '../../../packages/dev-cosmos/src/write-queue';

/** Records the statements; fails the one it is told to. */
function scriptedDatabase(failing?: string) {
  const statements: string[] = [];
  return {
    statements,
    exec: (sql: string) => {
      statements.push(sql);
      if (sql === failing) throw new Error(`${sql} failed`);
    },
  };
}

it('commits the writes of one turn together and settles them afterwards', async () => {
  const database = scriptedDatabase();
  const queue = new WriteQueue(database);
  const settled: string[] = [];
  const note = (name: string) => () => settled.push(`${name} after ${database.statements.at(-1)}`);
  await Promise.all([queue.write(() => 1).then(note('first')), queue.write(() => 2).then(note('second'))]);
  expect(settled).toEqual(['first after COMMIT', 'second after COMMIT']);
  expect(database.statements.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
});

it('undoes only the write that throws', async () => {
  const database = scriptedDatabase();
  const queue = new WriteQueue(database);
  const refused = queue.write(() => {
    throw new Error('refused');
  });
  const kept = queue.write(() => 'kept');
  await expect(refused).rejects.toThrow('refused');
  await expect(kept).resolves.toBe('kept');
  expect(database.statements).toEqual([
    'BEGIN IMMEDIATE',
    'SAVEPOINT one_write',
    'ROLLBACK TO one_write',
    'RELEASE one_write',
    'SAVEPOINT one_write',
    'RELEASE one_write',
    'COMMIT',
  ]);
});

it('acknowledges nothing when the commit fails, and goes on with the next write', async () => {
  const database = scriptedDatabase('COMMIT');
  const queue = new WriteQueue(database);
  const both = await Promise.allSettled([queue.write(() => 1), queue.write(() => 2)]);
  expect(both.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  expect(database.statements.at(-1)).toBe('ROLLBACK');
  await expect(queue.write(() => 3)).rejects.toThrow('COMMIT failed');
});
