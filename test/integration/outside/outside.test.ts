/**
 * What people outside have met, and is quick to play: the same table as `npm run outside`, on one stack.
 */
import { BlobServiceClient } from '@azure/storage-blob';
import { type FaultProxy, startFaultProxy } from '../../../packages/bench/src/fault-proxy';
import { inWords } from '../../../packages/bench/src/outside/expected';
import { OUTSIDE_CASES } from '../../../packages/bench/src/outside/outside-cases';
import type { Ground } from '../../../packages/bench/src/outside/place';
import { play } from '../../../packages/bench/src/outside/play';
import { azuriteConnectionString } from '../../../packages/dev-stack/src/settings';
import { startTestStack, type TestStack } from '../framework';

const TESTED = OUTSIDE_CASES.filter(({ isTested }) => isTested).map(
  (one) => [`${one.kind}: ${one.name}`, one] as const,
);

let stack: TestStack;
let storage: FaultProxy;
let ground: Ground;

beforeAll(async () => {
  storage = await startFaultProxy();
  const port = Number(new URL(storage.url).port);
  const connectionString = azuriteConnectionString({ blob: port, queue: port });
  stack = await startTestStack({ appEnv: { AZURE_STORAGE_CONNECTION_STRING: connectionString } });
  storage.forwardTo(BlobServiceClient.fromConnectionString(stack.endpoints.blobConnectionString).url);
  ground = { endpoints: () => stack.endpoints, storage };
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await storage?.stop();
}, 60_000);

test.each(TESTED)(
  '%s',
  async (_, one) => {
    const { isRight, seen } = await play(one, ground);
    const words = isRight ? 'right' : `seen ${inWords(seen)}, right is ${inWords(one.expected)}`;
    expect(words).toBe('right');
  },
  90_000,
);
