import { type AskOf, type Endpoints, taken } from '../../src/contract';
import { isFinal, type RunView } from '../../src/domain/run/run';
import { asAnn, startRun } from '../integration/control/control';
import { eventually } from '../integration/framework';
import { ended, runOf, visionOf } from '../integration/main-job/client';
import { seeded } from '../integration/pubsub/random';
import type { ReplicaSet } from '../integration/replicas/replica-set';
import { judge } from './oracle';

/**
 * A cap far below what a container needs, three replicas, and blows at seeded moments before it is reached. Vision's own
 * book says whether the cap held; what is left goes on under a higher one, as high as the rest needs and no higher.
 */
/** Twice what the highest cap of a plan allows. */
export const IMAGES = 320;
export const IN_FLIGHT = 20;
/** Slow enough that there is a time before the cap. */
export const VISION = { rate: '40/s', latencyMs: 150 } as const;
const LEAST_CALLS = 60;
const MORE_CALLS = 100;
const WITHIN_MS = 120_000;
const MOST_RESUMES = 3;

/** Which cap: of the run, of Vision's month, of the container's month. */
export const CAPS = ['run', 'month', 'container month'] as const;
const VICTIMS = ['app', 'daprd', 'replica'] as const;

export interface CapPlan {
  readonly seed: number;
  readonly cap: (typeof CAPS)[number];
  /** Calls that the cap allows, and a part of another one. */
  readonly calls: number;
  readonly blows: readonly Blow[];
}

export interface Blow {
  /** Vision has begun so many calls. */
  readonly atCalls: number;
  /** 0: the stack's own replica. */
  readonly member: number;
  readonly victim: (typeof VICTIMS)[number];
}

/** A pure function of its seed. */
export function capPlan(seed: number, cap: CapPlan['cap'] = 'run'): CapPlan {
  const random = seeded(seed);
  const calls = LEAST_CALLS + random() * MORE_CALLS;
  const blows = Array.from({ length: cap === 'run' ? 2 : 1 }, () => ({
    atCalls: Math.floor(calls * (0.1 + 0.8 * random())),
    member: Math.floor(random() * 3),
    victim: VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'replica',
  })).sort((a, b) => a.atCalls - b.atCalls);
  return { seed, cap, calls, blows };
}

export interface CapReport {
  /** What fell, and at how many calls. */
  readonly fell: readonly string[];
  readonly cap: number;
  /** Transactions that Vision has billed when the run stood still. */
  readonly billed: number;
  /** Of these, what the run knows of. */
  readonly known: number;
  /** Reserved for calls that were never billed: with those who died. */
  readonly held: number;
  /** How often the cap was raised by what was left until nothing was. */
  readonly resumes: number;
  readonly repeated: number;
  readonly wrong: readonly string[];
}

export async function playCap(
  replicas: ReplicaSet,
  plan: CapPlan,
  container: string,
  each: number,
): Promise<CapReport> {
  const { stack } = replicas;
  const vision = visionOf(stack);
  const wrong: string[] = [];
  const expect = (holds: boolean, otherwise: string) => void (holds || wrong.push(otherwise));
  const cap = Math.floor(plan.calls * each);

  await replicas.complete();
  await vision.forget();
  const before = await spent(replicas);
  const limit = { month: 'monthlyTransactions', 'container month': 'containerMonthlyTransactions', run: '' }[plan.cap];
  if (limit) await setQuota(replicas, { [limit]: cap + (plan.cap === 'month' ? before : 0) });
  const id = await startRun(stack, container, limit ? {} : { maxTransactions: cap });

  const fell: string[] = [];
  for (const blow of plan.blows) {
    const calls = await untilBlow(replicas, id, blow.atCalls);
    if (calls === undefined) break;
    const members = replicas.members();
    const member = members[blow.member % members.length];
    fell.push(`${blow.victim} of ${member?.name} at ${calls}`);
    await (blow.victim === 'replica' ? member?.kill() : member?.end(blow.victim));
  }
  const stopped = await untilStatus(replicas, id, (run) => run.status === 'StoppedAtBudget');
  const { transactions: billed = 0 } = await vision.stats();
  const held = (await spent(replicas)) - before - billed;
  const { succeeded } = stopped.counts;
  expect(fell.length > 0, 'nothing fell before the cap was reached');
  expect(billed <= cap, `I10: Vision billed ${billed} transactions under a cap of ${cap}`);
  expect(
    stopped.transactions <= billed,
    `the run knows of ${stopped.transactions} transactions, Vision billed ${billed}`,
  );
  expect(succeeded < IMAGES, 'the cap stopped nothing');
  const { count: left } = stopped.failureGroups.find(({ reason }) => reason === 'budget') ?? {};
  expect(left === IMAGES - succeeded, `not analysed for the budget: ${left} of ${IMAGES - succeeded}`);
  expect(/cap of|month's transactions/.test(stopped.reason ?? ''), `it stopped, and said: ${stopped.reason}`);

  // What is left and not a transaction beyond it is enough, unless a sidecar that is still coming back loses a grant again.
  if (limit) await setQuota(replicas, { [limit]: null });
  let higher = cap;
  let resumes = 0;
  for (let now = stopped; now.status === 'StoppedAtBudget' && resumes < MOST_RESUMES; resumes++) {
    higher += (IMAGES - now.counts.succeeded) * each;
    const { status } = await asAnn(stack).resumeRun({ params: { id }, body: limit ? {} : { maxTransactions: higher } });
    expect(status === 202, `:resume was answered ${status}`);
    now = await untilStatus(replicas, id, (run) => isFinal(run.status) || run.status === 'StoppedAtBudget');
    const { transactions = 0 } = await vision.stats();
    if (!limit)
      expect(transactions <= higher, `I10: Vision billed ${transactions} transactions under a cap of ${higher}`);
  }
  const run = await ended(stack, id);
  expect(
    run.status === 'Completed' && run.counts.succeeded === IMAGES,
    `it ended ${run.status}: ${JSON.stringify(run.counts)}`,
  );
  const repeatable = fell.length * IN_FLIGHT;
  const verdict = await judge({ endpoints: stack.endpoints, container, runId: id, repeatable, alone: true });
  wrong.push(...verdict.violations);
  return { fell, cap, billed, known: stopped.transactions, held, resumes, repeated: verdict.repeated, wrong };
}

/** The calls begun when it is time for a blow; undefined when the run stopped before. */
async function untilBlow(replicas: ReplicaSet, id: string, atCalls: number): Promise<number | undefined> {
  let calls = 0;
  let isOver = false;
  await eventually(
    async () => {
      calls = (await visionOf(replicas.stack).stats()).calls ?? 0;
      if (calls >= atCalls) return true;
      isOver = (await runOf(replicas.stack, id)).status === 'StoppedAtBudget';
      return isOver;
    },
    { what: `${atCalls} calls`, timeoutMs: WITHIN_MS, intervalMs: 20 },
  );
  return isOver ? undefined : calls;
}

async function untilStatus(replicas: ReplicaSet, id: string, is: (run: RunView) => boolean): Promise<RunView> {
  let last: unknown;
  return eventually(
    async () => {
      const run = await runOf(replicas.stack, id);
      last = run;
      return is(run) ? run : undefined;
    },
    { what: `the run ${id} stops`, timeoutMs: WITHIN_MS, intervalMs: 100 },
  ).catch((error: Error) => {
    error.message = `${JSON.stringify(last)}\n${error.message}`;
    throw error;
  });
}

async function spent(replicas: ReplicaSet): Promise<number> {
  return taken(await replicas.stack.client.getQuota()).spent.transactions;
}

async function setQuota(replicas: ReplicaSet, body: NonNullable<AskOf<Endpoints['setQuota']>['body']>): Promise<void> {
  const { status } = await replicas.stack.client.setQuota({ body });
  if (status !== 200) throw new Error(`The quota was not set: ${status}`);
}
