/**
 * A cap of N transactions never sees N + 1 at Vision, whatever dies of three replicas (I10), and a higher cap ends the run.
 * More of it: `CAP_SCENARIOS=10 CAP_SEED=1 npm test -- --selectProjects chaos -- cap-under-kills`.
 */
import { seedContainer } from '../../packages/bench/src/seed-container';
import { ended, startRun, visionOf } from '../integration/main-job/client';
import { type ReplicaSet, startReplicaSet } from '../integration/replicas/replica-set';
import { type CapPlan, capPlan, IMAGES, IN_FLIGHT, playCap, VISION } from './cap-scenario';

const SEED = Number(process.env.CAP_SEED ?? 4101);
const SCENARIOS = Number(process.env.CAP_SCENARIOS ?? 2);

const plans: readonly CapPlan[] = [
  ...Array.from({ length: SCENARIOS }, (_, i) => capPlan(SEED + i)),
  capPlan(SEED, 'month'),
  capPlan(SEED + 1, 'container month'),
];
let replicas: ReplicaSet;
/** Transactions of one call. */
let each = 0;

beforeAll(async () => {
  replicas = await startReplicaSet(3, { vision: VISION, appEnv: { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) } });
  const { stack } = replicas;
  await seedContainer(stack.endpoints.blobConnectionString, 'one-call', 1);
  await ended(stack, await startRun(stack, 'one-call'));
  each = (await visionOf(stack).stats()).transactions ?? 0;
}, 240_000);

afterAll(() => replicas?.stop(), 60_000);

test.each(plans)(
  'cap of the $cap, seed $seed',
  async (plan) => {
    await replicas.told(async () => {
      const container = `cap-${plan.cap.replace(' ', '-')}-${plan.seed}`;
      await seedContainer(replicas.stack.endpoints.blobConnectionString, container, IMAGES);
      const { fell, cap, billed, known, held, resumes, repeated, wrong } = await playCap(
        replicas,
        plan,
        container,
        each,
      );
      process.stdout.write(
        `cap of the ${plan.cap}, seed ${plan.seed}: ${cap} transactions; fell ${fell.join(', ')}; billed ${billed}, known ` +
          `${known}, held by the dead ${held}, ${resumes} times resumed, ${repeated} calls repeated: ${wrong.length === 0 ? 'right' : 'WRONG'}\n`,
      );
      expect(wrong).toEqual([]);
    });
  },
  300_000,
);
