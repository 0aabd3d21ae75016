import { NO_WORK } from '../../src/domain/counters';
import { AppError } from '../../src/domain/errors';
import { contributionOf, type ImageDocument, type ImageStatus } from '../../src/domain/image/image';
import type { RetryFilter } from '../../src/domain/run/retry-filter';
import { isFinal, type RunView } from '../../src/domain/run/run';
import { type Sample, sampleOf } from '../../src/domain/money/sample';
import type { ActivityEntry } from '../../src/gateways/activity-log/port';
import type { Page, PageRequest } from '../../src/domain/page';
import { createMemoryVision } from '../../src/gateways/vision/memory-vision';
import type { ApproveCommand, ControlCommand, RestartCommand, StartRunCommand } from '../../src/use-cases/runs/port';
import type { ContainerSummary } from '../../src/domain/container/container-summary';
import type { HealthReport } from '../../src/use-cases/health/port';
import type { UseCases } from '../../src/use-cases/port';
import { chosenFeatures } from '../../src/use-cases/runs/chosen-features';

import { type FakeSettings, fakeSettings } from './fake-settings';
import { type FakeRunRecords, fakeRunRecords } from './fake-run-records';

/**
 * The application in memory, honest where the shell can see it: ids, filters, paging, conflicts, errors. A test scripts
 * the rest: it fills the maps, changes a run, or arms `failNext`.
 */
export interface FakeUseCases extends UseCases {
  readonly containers: Set<string>;
  readonly runs: Map<string, RunView>;
  readonly images: ImageDocument[];
  readonly activity: ActivityEntry[];
  /** Every command that reached startRun. */
  readonly commands: StartRunCommand[];
  /** Every word to a run. */
  readonly said: (ControlCommand | ApproveCommand)[];
  readonly retries: RetryFilter[];
  readonly restarts: RestartCommand[];
  /** Sizes of the samples that were taken. */
  readonly samples: number[];
  /** Of them, those that an approver asked for. */
  readonly approvedSamples: number[];
  /** What tells what happened. */
  readonly records: FakeRunRecords;
  /** What holds for more than one run. */
  readonly settings: FakeSettings;
  report: HealthReport;
  /** The next call, whichever it is, throws this once. */
  failNext(error: unknown): void;
}

export function fakeUseCases(): FakeUseCases {
  let armed: { readonly error: unknown } | undefined;
  const mayFail = () => {
    const failure = armed;
    armed = undefined;
    if (failure) throw failure.error;
  };
  const vision = createMemoryVision();
  const records = fakeRunRecords({
    mayFail,
    pageOf,
    run: (id) => {
      const run = fake.runs.get(id);
      if (!run) throw new AppError('run-not-found', 'No run has this id.');
      return run;
    },
    container: (name) => {
      if (!fake.containers.has(name)) throw noContainer(name);
    },
  });
  const settings = fakeSettings(mayFail);
  const fake: FakeUseCases = {
    ...records,
    ...settings,
    records,
    settings,
    containers: new Set(['photos', 'empty']),
    runs: new Map(),
    images: [],
    activity: [],
    commands: [],
    said: [],
    retries: [],
    restarts: [],
    samples: [],
    approvedSamples: [],
    report: { ready: true, checks: { worker: { ok: true }, sidecar: { ok: true } } },
    failNext(error) {
      armed = { error };
    },
    async startRun(command) {
      mayFail();
      const features = chosenFeatures(vision, command.features);
      fake.commands.push(command);
      if (!fake.containers.has(command.container)) throw noContainer(command.container);
      const active = [...fake.runs.values()].find((run) => run.container === command.container && !isFinal(run.status));
      if (active) {
        throw new AppError('run-active', `Run ${active.id} is analysing '${command.container}'.`, {
          context: { existingRun: active.id },
        });
      }
      const { container, prefix = '', retry } = command;
      const id = command.id ?? runId(fake.runs.size + 1);
      const run = aRun({ id, container, prefix, features, ...(retry && { retry }) });
      fake.runs.set(run.id, run);
      return run;
    },
    async getRun(id) {
      mayFail();
      const run = fake.runs.get(id);
      if (!run) throw new AppError('run-not-found', 'No run has this id.');
      return run;
    },
    async listRuns({ container, statuses }, page) {
      mayFail();
      const runs = [...fake.runs.values()]
        .filter(
          (run) => (container === undefined || run.container === container) && (statuses?.includes(run.status) ?? true),
        )
        .sort((a, b) => (a.id < b.id ? 1 : -1));
      return pageOf(runs, page);
    },
    async listContainers(page) {
      mayFail();
      const entries = [...fake.containers].sort().map((container, index) => {
        const active = [...fake.runs.values()].find((run) => run.container === container && !isFinal(run.status));
        return {
          container,
          images: aSummary(container, fake.images).images,
          ...(active && { activeRun: active.id }),
          lastRun: runId(1),
          updatedAt: new Date(Date.UTC(2026, 0, index + 1)).toISOString(),
        };
      });
      return pageOf(entries, page);
    },
    async getContainer(container): Promise<ContainerSummary> {
      mayFail();
      if (!fake.containers.has(container)) throw noContainer(container);
      return aSummary(container, fake.images);
    },
    async listImages(container, { status, tag }, page) {
      mayFail();
      const images = fake.images.filter(
        (image) =>
          image.container === container &&
          (status === undefined || image.status === status) &&
          (tag === undefined || (image.analysis?.tags ?? []).some(({ name }) => name === tag)),
      );
      return pageOf(images, page);
    },
    async getImage(container, blob) {
      mayFail();
      const image = fake.images.find((one) => one.container === container && one.blob === blob);
      if (!image) throw new AppError('image-not-found', 'No result is stored under this name.');
      return image;
    },
    async listActivity(container, page) {
      mayFail();
      return pageOf(
        fake.activity.filter((entry) => entry.container === container),
        page,
      );
    },
    async controlRun(command) {
      mayFail();
      fake.said.push(command);
      const run = await fake.getRun(command.id);
      const isLeaving = run.status === 'Cancelling' && command.verb !== 'cancel';
      if (isFinal(run.status) || isLeaving) {
        throw new AppError('command-refused', 'It has ended, or is about to.', { context: { runStatus: run.status } });
      }
      const status = { pause: 'Pausing', resume: 'Running', cancel: 'Cancelling', decline: 'Cancelling' } as const;
      const next = { ...run, status: status[command.verb], ...(command.reason && { reason: command.reason }) };
      fake.runs.set(run.id, next);
      return next;
    },
    async approveRun(command) {
      mayFail();
      fake.said.push(command);
      const run = await fake.getRun(command.id);
      if (command.planHash !== run.quote?.planHash) throw new AppError('plan-changed', 'Another plan.');
      return run;
    },
    async getAudit(id) {
      mayFail();
      await fake.getRun(id);
      const place = { seq: 1, previousHash: '0'.repeat(64), hash: '1'.repeat(64) };
      const word = {
        who: 'ann',
        how: 'claimed',
        verb: 'pause',
        reason: 'lunch',
        from: 'Running',
        to: 'Pausing',
      } as const;
      return [{ at: '2026-01-02T03:04:06Z', ...word, ...place }];
    },
    async quote({ container, prefix = '', ...command }) {
      mayFail();
      const features = chosenFeatures(vision, command.features);
      if (!fake.containers.has(container)) throw noContainer(container);
      const { quote } = aRun();
      if (!quote) throw new Error('aRun has a quote');
      const images = { ...quote.images, cached: 0 };
      return {
        ...quote,
        container,
        prefix,
        features,
        images,
        planHash: PLAN_HASH,
        expiresAt: '2026-01-09T03:04:05.678Z',
      };
    },
    async sampleQuote({ sample, isApproved, ...command }) {
      const quote = await fake.quote(command);
      fake.samples.push(sample);
      if (isApproved) fake.approvedSamples.push(sample);
      if (fake.records.operation) return { done: false, operation: fake.records.operation };
      return { done: true, result: { ...quote, sample: aSample(sample) } };
    },
    async forecastRetry({ id, filter }) {
      mayFail();
      await fake.getRun(id);
      fake.retries.push(filter);
      return { willRetry: 41, willNot: [{ reason: 'corrupt', count: 6 }] };
    },
    async retryRun({ id, filter }) {
      mayFail();
      const old = await fake.getRun(id);
      fake.retries.push(filter);
      const run = aRun({ id: runId(fake.runs.size + 1), container: old.container, retryOf: id });
      fake.runs.set(run.id, run);
      return run;
    },
    async restartRun(command) {
      const { container, prefix } = await fake.getRun(command.id);
      fake.restarts.push(command);
      return fake.startRun({ container, prefix, ...(command.sameId && { id: command.id }) });
    },
    async getCourse(id) {
      const run = await fake.getRun(id);
      return { run, phases: { snapshot: run.startedAt, analyze: run.updatedAt }, audit: await fake.getAudit(id) };
    },
    async purgeRun(id) {
      const run = await fake.getRun(id);
      return isFinal(run.status) && fake.runs.delete(id);
    },
    async health() {
      mayFail();
      return fake.report;
    },
  };
  return fake;
}

/** A sample in which one image failed. */
export function aSample(size: number): Sample {
  const outcome = { status: 'succeeded', calls: 1, transactions: 4, source: 'call' } as const;
  const seen = { outcome, tags: [{ name: 'sky', confidence: 0.9 }], callsMs: [80] };
  const failed = { outcome: { ...outcome, status: 'failed', reason: 'vision-timeout', transactions: 0 } as const };
  const looked = [...Array.from({ length: size - 1 }, () => seen), { ...failed, tags: [], callsMs: [] }];
  return sampleOf(size, looked, { unit: 0.001, currency: 'EUR' });
}

/** Of every quote here. */
export const PLAN_HASH = 'ab'.repeat(32);

export function runId(n: number): string {
  return `0192f0c0${n.toString(16).padStart(24, '0')}`;
}

export function aRun(changes: Partial<RunView> = {}): RunView {
  return {
    id: runId(1),
    container: 'photos',
    prefix: '',
    features: ['Categories', 'Color', 'Description', 'Tags'],
    status: 'Running',
    phase: 'analyze',
    counts: { total: 3, totalIsFinal: true, succeeded: 1, failed: 0, skipped: 0, unchanged: 0, inFlight: 2 },
    removed: 0,
    ...NO_WORK,
    calls: 1,
    transactions: 4,
    quote: {
      planHash: PLAN_HASH,
      expiresAt: '2026-01-09T03:04:05.678Z',
      images: { total: 3, new: 3, changed: 0, unchanged: 0, missing: 0, ineligible: {} },
      calls: 3,
      transactions: 12,
      price: { unit: 0.001, currency: 'EUR', total: 0.012, estimate: true },
      duration: { atQuotaSeconds: 1 },
    },
    failureGroups: [],
    startedAt: '2026-01-02T03:04:05.678Z',
    updatedAt: '2026-01-02T03:04:06.999Z',
    ...changes,
  };
}

export function anImage(blob: string, changes: Partial<ImageDocument> = {}): ImageDocument {
  const image = {
    id: '0b7c3c1e-7c1f-5a51-9f3b-0c8a5d1f0001',
    container: 'photos',
    blob,
    etag: '0x8D4BCC2E4835CD0',
    sizeBytes: 1_234,
    contentType: 'image/jpeg',
    lastModified: '2026-01-01T00:00:00Z',
    contentHash: 'ab'.repeat(32),
    status: 'succeeded' as ImageStatus,
    analysis: {
      requestId: 'r1',
      metadata: { width: 640, height: 480, format: 'Jpeg' },
      categories: [{ name: 'outdoor_', score: 0.9, detail: { landmarks: [{ name: 'Alps', confidence: 0.8 }] } }],
      description: { tags: ['sky'], captions: [{ text: 'a mountain', confidence: 0.7 }] },
      tags: [{ name: 'mountain', confidence: 0.99, hint: 'nature' }],
      color: { dominantColors: ['Blue'], accentColor: '0F62FE', isBWImg: false },
    },
    analyzer: { provider: 'azure', version: '3.2', features: ['Categories', 'Color'], language: 'en' },
    source: 'call' as const,
    transactions: 4,
    runId: runId(1),
    chunkId: `${runId(1)}-p00000-c00`,
    attempts: [{ stage: 'vision' as const, startedAt: '2026-01-02T03:04:05Z', waitMs: 1, workMs: 90, runId: runId(1) }],
    replaced: {},
    analyzedAt: '2026-01-02T03:04:05Z',
    ...changes,
  };
  return { ...image, contribution: contributionOf(image) };
}

function aSummary(container: string, images: readonly ImageDocument[]): ContainerSummary {
  const having = (status: ImageStatus) =>
    images.filter((image) => image.container === container && image.status === status).length;
  return {
    container,
    images: {
      total: having('succeeded') + having('failed') + having('skipped'),
      succeeded: having('succeeded'),
      failed: having('failed'),
      skipped: having('skipped'),
      removed: having('removed'),
    },
    bytes: 1_234,
    formats: { Jpeg: 1 },
    categories: { outdoor_: 1 },
    colors: { Blue: 1 },
    analyzers: { 'azure 3.2': 1 },
    tags: [
      { name: 'mountain', count: 1, meanConfidence: 0.99 },
      { name: 'sky', count: 1 },
    ],
    lastRun: runId(1),
  };
}

/** Says its place as a store does: with what stands there. */
function pageOf<T>(all: readonly T[], { size, continuation }: PageRequest): Page<T> {
  const from = continuation === undefined ? 0 : Number(continuation.split(' ', 1)[0]);
  if (!Number.isInteger(from)) throw new Error('the shell let a continuation through that the store did not make');
  const value = all.slice(from, from + size);
  return from + size < all.length
    ? { value, continuation: `${from + size} after ${JSON.stringify(value.at(-1)).slice(0, 200)}` }
    : { value };
}

function noContainer(name: string): AppError {
  return new AppError('container-not-found', `The storage account has no container '${name}'.`);
}
