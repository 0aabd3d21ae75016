import { remembered, without } from '../../../src/domain/operation';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { createCosmosOperations } from '../../../src/gateways/operations/cosmos-operations';
import { createMemoryOperations } from '../../../src/gateways/operations/memory-operations';
import type { OperationsGateway } from '../../../src/gateways/operations/port';
import { createCosmosWatches } from '../../../src/gateways/watches/cosmos-watches';
import { startCosmos } from './cosmos';

const IDS = ['a', 'b', 'c', 'd'];
const startedAt = '2026-01-01T00:00:00.000Z';

/** The contract of OperationsGateway: what replicas note at once is all known, and goes when it is forgotten. */
async function notesAndForgets(known: OperationsGateway): Promise<void> {
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
}

test('in memory', () => notesAndForgets(createMemoryOperations()));

test('Cosmos development server, beside the watches', async () => {
  const cosmos = await startCosmos();
  const client = createCosmosClient(cosmos.settings);
  try {
    const watches = createCosmosWatches(client);
    await watches.change('photos', () => ({ container: 'photos', everySeconds: 900, since: startedAt }));
    await notesAndForgets(createCosmosOperations(client));
    expect(await watches.get('photos')).toMatchObject({ everySeconds: 900 });
  } finally {
    client.dispose();
    await cosmos.stop();
  }
});
