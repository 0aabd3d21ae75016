/**
 * Each process of a stack is killed in the middle of a run. The tests share one stack: each has a container of its own, begins
 * when everything serves again, and lets Vision forget what it has seen.
 */
import { startTestStack, type TestStack } from '../framework';
import { IN_FLIGHT, LATENCY_MS, type Survival, survive } from './survival';

/** In this order: the last one makes Azurite forget what it has just stored. */
const TARGETS: readonly Survival[] = [
  // The app dies: its chunks are delivered again when it is back; only images in flight may be called twice.
  { target: 'app', repeatable: IN_FLIGHT },
  // The sidecar dies: the worker is replaced, the app's chunks end as they are and are joined, not repeated.
  { target: 'daprd', repeatable: 0 },
  // The scheduler dies: what is handed out goes on; chunks that it delivers a second time join the first.
  { target: 'scheduler', repeatable: 0 },
  // The Cosmos server is down for 5 s: results in hand wait for it, and nothing is called again.
  { target: 'cosmos', downMs: 5_000, repeatable: 0 },
  // Azurite is down for 5 s and may forget its last seconds: manifests are listed again, nothing is called again.
  { target: 'azurite', downMs: 5_000, repeatable: 0 },
];

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({
    vision: { latencyMs: LATENCY_MS },
    appEnv: { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) },
  });
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

test.each(TARGETS)('kill $target in the middle of a run', (survival) => survive(stack, survival), 330_000);
