import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { addInto, type TotalsVector } from '../../../src/domain/container/totals';
import { imageId } from '../../../src/domain/ids';
import type { ImageDocument } from '../../../src/domain/image/image';
import { outcomeOf } from '../../../src/domain/run/report';
import type { RunRequest, RunView } from '../../../src/domain/run/run';
import type { Command } from '../../../src/domain/run/run-state';
import type { VisionOutcome } from '../../../src/gateways/vision/port';
import { picture } from './pictures';
import {
  createInMemoryPipeline,
  Engine,
  type Fate,
  MAX_IN_FLIGHT,
  type InMemoryPipeline,
  type Weather,
} from './in-memory-pipeline';
import { simulateRun } from './simulated-run';

/**
 * The core as a model: whatever dies, stalls, is lost, delivered twice or answered out of order, the documents, the
 * totals, the counts of the run and the bill are right at the end, for two runs over a container that changes.
 *
 * MODEL_RUNS raises the number of scenarios; a failure prints the seed and path that tell it again.
 */
const SCENARIOS = Number(process.env.MODEL_RUNS ?? 250);

const CONTAINER = 'photos';

type Kind = 'good' | 'poison' | 'tiny' | 'text' | 'empty';
type Faults = Readonly<Record<number, Fate>>;
type VisionFault = 'none' | '429' | '429-long' | '500';

interface RunPlan {
  /** By number of the call, over all processes. */
  readonly faults: Faults;
  readonly lags: readonly number[];
  /** Where each chunk is delivered: replicas, maybe twice the same. */
  readonly deliveries: readonly (readonly number[])[];
  readonly vision: readonly VisionFault[];
  readonly during: readonly { readonly atMs: number; readonly image: number; readonly what: 'change' | 'delete' }[];
  readonly lose: readonly { readonly atMs: number; readonly manifest: number }[];
  readonly moveAtMs: readonly number[];
  readonly pauseAtMs?: number | undefined;
  readonly cancelAtMs?: number | undefined;
  readonly confirmShrink: boolean;
}

interface Scenario {
  readonly images: readonly Kind[];
  readonly first: RunPlan;
  readonly between: readonly ('keep' | 'change' | 'delete')[];
  readonly added: readonly Kind[];
  readonly second: RunPlan;
}

const KIND = fc.constantFrom<Kind>('good', 'good', 'good', 'good', 'poison', 'tiny', 'text', 'empty');
const FATE = fc.constantFrom<Fate>(
  ...(['die-before', 'die-after', 'die-after', 'fail-before', 'fail-after', 'stall'] as const),
  ...(['conflict-before', 'conflict-after'] as const),
);
const CALL = fc.integer({ min: 0, max: 220 });
const RUN: fc.Arbitrary<RunPlan> = fc.record({
  faults: fc.array(fc.tuple(CALL, FATE), { maxLength: 5 }).map((rows) => Object.fromEntries(rows) as Faults),
  lags: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 7 }),
  deliveries: fc.array(fc.constantFrom([0], [0, 0], [0, 1], [1, 0, 1]), { minLength: 1, maxLength: 4 }),
  vision: fc.array(fc.constantFrom<VisionFault>('none', 'none', 'none', 'none', '429', '429-long', '500'), {
    minLength: 1,
    maxLength: 9,
  }),
  during: fc.array(
    fc.record({
      atMs: fc.nat(6_000),
      image: fc.nat(40),
      what: fc.constantFrom('change' as const, 'delete' as const),
    }),
    { maxLength: 4 },
  ),
  lose: fc.array(fc.record({ atMs: fc.nat(4_000), manifest: fc.nat(20) }), { maxLength: 2 }),
  moveAtMs: fc.array(fc.nat(8_000), { maxLength: 2 }),
  pauseAtMs: fc.option(fc.nat(3_000), { nil: undefined, freq: 4 }),
  cancelAtMs: fc.option(fc.nat(5_000), { nil: undefined, freq: 6 }),
  confirmShrink: fc.boolean(),
});
const SCENARIO: fc.Arbitrary<Scenario> = fc.record({
  images: fc.array(KIND, { maxLength: 30 }),
  first: RUN,
  between: fc.array(fc.constantFrom('keep', 'keep', 'keep', 'change', 'delete'), { minLength: 1, maxLength: 5 }),
  added: fc.array(KIND, { maxLength: 5 }),
  second: RUN,
});

const SUNNY: RunPlan = {
  faults: {},
  lags: [0],
  deliveries: [[0]],
  vision: ['none'],
  during: [],
  lose: [],
  moveAtMs: [],
  confirmShrink: false,
};

describe('the core as a model', () => {
  test(
    'documents, totals, counts and the bill are right, whatever happens',
    async () => {
      await fc.assert(fc.asyncProperty(SCENARIO, simulate), { numRuns: SCENARIOS });
    },
    Math.max(120_000, SCENARIOS * 500),
  );

  test('delivered twice everywhere and never disturbed, each image is called once', async () => {
    const plan: RunPlan = {
      ...SUNNY,
      lags: [7, 90, 0, 250],
      deliveries: [
        [0, 0],
        [0, 1],
        [1, 0, 1],
      ],
    };
    await simulate({ images: Array(30).fill('good'), first: plan, between: ['keep'], added: [], second: plan });
  });

  test('a process that dies at any single call loses and repeats nothing that was saved', async () => {
    for (let call = 0; call < 140; call += 3) {
      for (const fate of ['die-before', 'die-after', 'stall'] as const) {
        const first: RunPlan = { ...SUNNY, faults: { [call]: fate }, lags: [20] };
        await simulate({ images: Array(6).fill('good'), first, between: ['keep'], added: [], second: SUNNY });
      }
    }
  });
});

/** What a scenario has done to a blob, beside what the listing shows. */
interface Truth {
  readonly pipeline: InMemoryPipeline;
  readonly kinds: Map<string, Kind>;
  /** Changed or deleted while the run was on. */
  readonly touched: Set<string>;
  /** Billed answers by content. */
  readonly billed: Map<string, number>;
  version: number;
}

async function simulate(scenario: Scenario): Promise<void> {
  const pipeline = createInMemoryPipeline();
  const truth: Truth = { pipeline, kinds: new Map(), touched: new Set(), billed: new Map(), version: 0 };
  pipeline.blobs.createContainer(CONTAINER);
  scenario.images.forEach((kind, i) => void put(truth, nameOf(i), kind));
  await run(truth, scenario.first, 1);
  [...truth.kinds].forEach(([name, kind], i) => {
    const what = scenario.between[i % scenario.between.length];
    if (what === 'change') put(truth, name, kind);
    if (what === 'delete') remove(truth, name);
  });
  scenario.added.forEach((kind, i) => void put(truth, `added-${nameOf(i)}`, kind));
  await run(truth, scenario.second, 2);
}

async function run(truth: Truth, plan: RunPlan, number: number): Promise<void> {
  const { pipeline } = truth;
  truth.touched.clear();
  truth.billed.clear();
  Object.assign(pipeline.asked, { total: 0, throttled: 0 });
  const before = new Map(pipeline.results.documents(CONTAINER).map((document) => [document.blob, document]));
  const weather = weatherOf(plan);
  scriptVision(truth, plan);
  const id = String(number).padStart(32, '0');
  happenDuring(truth, plan, id);
  const { confirmShrink } = plan;
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const request: RunRequest = { id, container: CONTAINER, prefix: '', features: [], confirmShrink, startedAt };
  const replicas = (delivery: number) => plan.deliveries[delivery % plan.deliveries.length] ?? [0];
  const told = await pipeline.clock.until(simulateRun(pipeline, new Engine(pipeline, weather), request, replicas));
  await pipeline.clock.advance(60_000); // executions that nobody listens to any more end too
  const { mayRemove = false } = await pipeline.actors.run(id).view();
  // A process that stood still through a cancel saves what it has in hand after the recount: the next recount finds it.
  const isCancelled = told.run.status === 'Cancelled';
  if (isCancelled && Object.values(plan.faults).includes('stall')) return;
  // A run that is cancelled while it is paused, or after a process died between a save and its delta, does not come back to
  // its chunks: the recount adds what they saved, and the totals are right all the same.
  const hasDied = Object.values(plan.faults).some((fate) => fate.startsWith('die'));
  const mayBeLeft = isCancelled && (plan.pauseAtMs !== undefined || hasDied);
  // A recount that fails twice gives way to the cancel, and leaves the container to the next run.
  const gaveWay = isCancelled && !told.verdict.clean && told.verdict.differences === 0;
  if (!mayBeLeft && !gaveWay) expect(told.verdict).toEqual({ clean: true, differences: 0 });
  await checkTotals(pipeline);
  if (!isCancelled) {
    checkDocuments(truth, before, mayRemove);
    checkRun(pipeline, told.run, plan, weather.disturbed());
    checkTold(truth, told.run.id);
  }
  checkBill(truth, plan, weather.disturbed());
  const after = (await pipeline.actors.run(id).view()).run;
  expect(after).toEqual(told.run); // a final run never changes
}

function nameOf(i: number): string {
  return `${['a/', 'b ', 'ü', ''][i % 4]}${String(i).padStart(3, '0')}.gif`;
}

function put(truth: Truth, name: string, kind: Kind): void {
  truth.version += 1;
  const content = `${name} ${truth.version} ${kind}`;
  const bytes = { good: picture(content), poison: picture(content), tiny: picture(content, 4, 4) };
  const all = { ...bytes, text: Buffer.from(content), empty: Buffer.from('') };
  truth.kinds.set(name, kind);
  truth.pipeline.blobs.put(CONTAINER, name, all[kind]);
}

function remove(truth: Truth, name: string): void {
  truth.kinds.delete(name);
  truth.pipeline.blobs.remove(CONTAINER, name);
}

function happenDuring(truth: Truth, plan: RunPlan, runId: string): void {
  const { pipeline } = truth;
  const startMs = pipeline.clock.monotonicMs();
  for (const { atMs, image, what } of plan.during) {
    pipeline.clock.at(startMs + atMs, () => {
      const [name, kind] = [...truth.kinds][image] ?? [];
      if (name === undefined || kind === undefined) return;
      truth.touched.add(name);
      if (what === 'change') put(truth, name, kind);
      else remove(truth, name);
    });
  }
  for (const { atMs, manifest } of plan.lose) {
    pipeline.clock.at(startMs + atMs, () => {
      const chunks = pipeline.manifests.keys().filter((key) => key.startsWith(runId) && key.includes('/chunk-'));
      const key = chunks[manifest % Math.max(1, chunks.length)];
      if (key !== undefined) pipeline.manifests.lose(key);
    });
  }
  for (const atMs of plan.moveAtMs) pipeline.clock.at(startMs + atMs, () => pipeline.actors.moveRun(runId));
  const say = (verb: Command) => {
    const told = pipeline.actors.run(runId).command({ verb });
    told.catch(() => {}); // the run may not have begun, or be over
  };
  if (plan.cancelAtMs !== undefined) pipeline.clock.at(startMs + plan.cancelAtMs, () => say('cancel'));
  if (plan.pauseAtMs !== undefined) {
    pipeline.clock.at(startMs + plan.pauseAtMs, () => say('pause'));
    pipeline.clock.at(startMs + plan.pauseAtMs + 2_500, () => say('resume'));
  }
}

function weatherOf(plan: RunPlan): Weather & { disturbed(): number } {
  let calls = 0;
  let lags = 0;
  let disturbed = 0;
  return {
    fate() {
      const fate = plan.faults[calls++];
      if (fate !== undefined && fate !== 'fail-before' && fate !== 'conflict-before') disturbed += 1;
      return fate;
    },
    lagMs: () => plan.lags[lags++ % plan.lags.length] ?? 0,
    disturbed: () => disturbed,
  };
}

const REFUSALS: Readonly<Record<Exclude<VisionFault, 'none'>, VisionOutcome>> = {
  '429': { ok: false, code: 'vision-throttled', message: 'slow down', httpStatus: 429, retryable: true },
  '429-long': {
    ...{ ok: false, code: 'vision-throttled', message: 'slow down', httpStatus: 429, retryable: true },
    retryAfterMs: 2_000,
  },
  '500': { ok: false, code: 'vision-unavailable', message: 'sorry', httpStatus: 500, retryable: true },
};

function scriptVision({ pipeline, billed }: Truth, plan: RunPlan): void {
  pipeline.vision.script(({ image, contentHash, number, attempt }) => {
    const fault = plan.vision[number % plan.vision.length] ?? 'none';
    // After a few tries every image comes through: how often it is tried is not what this model is about.
    if (fault !== 'none' && attempt <= 2) return REFUSALS[fault];
    billed.set(contentHash, (billed.get(contentHash) ?? 0) + 1);
    if (!Buffer.from(image).includes('poison')) return undefined;
    return { ok: false, code: 'vision-rejected', message: 'no', httpStatus: 400, retryable: false };
  });
}

/** I2 of the design: totals are a recount of the documents. */
async function checkTotals(pipeline: InMemoryPipeline): Promise<void> {
  const recount: Record<string, number> = {};
  for await (const contribution of pipeline.results.contributions(CONTAINER)) addInto(recount, contribution);
  const { counters, activeRun } = await pipeline.actors.container(CONTAINER).summary();
  expect(counters).toEqual(recount as TotalsVector);
  expect(activeRun).toBeUndefined();
}

const STATUS: Readonly<Record<Kind, ImageDocument['status']>> = {
  good: 'succeeded',
  poison: 'failed',
  tiny: 'skipped',
  text: 'skipped',
  empty: 'skipped',
};

/** I1 and I11 of the design: one document per blob, of its present bytes; removed only what is gone. */
function checkDocuments(truth: Truth, before: ReadonlyMap<string, ImageDocument>, mayRemove: boolean): void {
  const { pipeline, kinds, touched } = truth;
  const documents = new Map(pipeline.results.documents(CONTAINER).map((document) => [document.blob, document]));
  for (const [name, kind] of kinds) {
    const document = documents.get(name);
    if (touched.has(name)) continue;
    expect(document).toMatchObject({ id: imageId('memory', CONTAINER, name), status: STATUS[kind] });
  }
  for (const [name, document] of documents) {
    if (kinds.has(name) && !touched.has(name)) continue;
    if (kinds.has(name)) {
      // A change that was seen half way is left to the next run, and says so.
      const isKnown = document.status === STATUS[kinds.get(name) as Kind] || document.reason === 'changed';
      expect([name, isKnown]).toEqual([name, true]);
    } else if (!touched.has(name)) {
      const stays = mayRemove ? 'removed' : before.get(name)?.status;
      expect([name, document.status]).toEqual([name, stays]);
    }
  }
}

function checkRun(pipeline: InMemoryPipeline, run: RunView, plan: RunPlan, disturbed: number): void {
  const { counts } = run;
  const written = pipeline.results.documents(CONTAINER).filter(({ runId }) => runId === run.id);
  const count = (status: string) => written.filter((document) => document.status === status).length;
  expect(counts.succeeded + counts.failed + counts.skipped + counts.unchanged).toBe(counts.total);
  expect(counts).toMatchObject({ succeeded: count('succeeded'), failed: count('failed'), inFlight: 0 });
  expect(counts.skipped + run.removed).toBe(count('skipped') + count('removed'));
  const hasShrunk = run.failureGroups.some(({ reason }) => reason === 'shrink');
  expect(run.status).toBe(counts.failed > 0 || hasShrunk ? 'CompletedWithErrors' : 'Completed');
  // A chunk whose manifest is lost, or was never written, is listed again, without what is gone by then.
  if (plan.during.every(({ what }) => what === 'change')) expect(counts.total).toBe(run.quote?.images.total);
  expect(run.calls + run.cacheHits).toBeGreaterThanOrEqual(counts.succeeded);
  // A process that dies leaves a claim for each call in flight: those are listed as calls that may have been billed.
  expect(run.calls).toBeLessThanOrEqual(pipeline.asked.total - pipeline.asked.throttled + disturbed * MAX_IN_FLIGHT);
}

/** Each answer that Vision may bill stands in the line of its image, as a call or as one that may have been billed. */
function checkTold({ billed, pipeline, touched }: Truth, runId: string): void {
  for (const document of pipeline.results.documents(CONTAINER)) {
    if (document.runId !== runId || touched.has(document.blob)) continue;
    const { calls, maybeBilled = [] } = outcomeOf({ ...document, version: '' }, true);
    const answers = billed.get(document.contentHash ?? '') ?? 0;
    expect([document.blob, answers, Math.min(answers, calls + maybeBilled.length)]).toEqual([
      document.blob,
      answers,
      answers,
    ]);
  }
}

/** I3 of the design: a saved image is never called again; a death, a stall or a lost answer costs at most one call an image. */
function checkBill({ billed, pipeline }: Truth, plan: RunPlan, disturbed: number): void {
  const most = Math.max(0, ...billed.values());
  expect(most).toBeLessThanOrEqual(1 + disturbed);
  if (Object.keys(plan.faults).length === 0) expect(most).toBeLessThanOrEqual(1);
  const hashes = new Set(pipeline.results.documents(CONTAINER).map(({ contentHash }) => contentHash));
  expect(hashes.has(createHash('sha256').update('').digest('hex'))).toBe(false);
}
