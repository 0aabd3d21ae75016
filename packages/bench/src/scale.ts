/**
 * What a size costs: time, processor, memory and state of one run, and of a second one over the unchanged container.
 * `npm run scale -- [--images 10000] [--upto] [--latency-ms 5] [--storage disk|memory]`; with --upto every power of ten
 * from 1,000 on. Azurite on disk writes its whole index now and then and stands still meanwhile, which no storage account
 * does (`launcher/azurite-saves.ts`); in memory it does not.
 *
 * Each size gets a stack of its own, warmed up with 200 images. Vision answers after 5 ms, so that what is seen is the
 * pipeline and the engine, together with the local services, which share the machine.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Stack } from '@contactsheet/dev-stack';
import { costsOf, type RunSeen, runToEnd, spent, withStack } from './bench-stack';
import { bytesOnDisk, endRetention, engineState } from './engine-state';
import { seedContainer } from './seed-container';

const FIRST_SIZE = 1_000;
const ENGINE = ['daprd', 'scheduler', 'placement'] as const;
const ALL_BUT_AZURITE = [...ENGINE, 'app', 'cosmos', 'vision', 'pubsub'];
const MB = 1024 * 1024;

interface Row {
  readonly images: number;
  readonly wallMs: number;
  /** Milliseconds of processor an image. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly appPeak: number;
  readonly appEnd: number;
  readonly daprdPeak: number;
  readonly daprdEnd: number;
  /** State of the engine beyond the warm-up's, bytes an image. */
  readonly stateBefore: number;
  readonly stateAfter: number;
  readonly schedulerDisk: number;
  readonly secondMs: number;
  readonly secondCalls: number;
  readonly load: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '10000' },
      upto: { type: 'boolean', default: false },
      'latency-ms': { type: 'string', default: '5' },
      storage: { type: 'string', default: 'disk' },
    },
  });
  const images = Number(values.images);
  const storageInMemory = values.storage === 'memory';
  const work = async (stack: Stack, size: number) => {
    const row = await measure(stack, size);
    rows.push(row);
    say(JSON.stringify(row));
  };
  const rows: Row[] = [];
  for (const size of values.upto ? sizesUpTo(images) : [images]) {
    await withStack({ latencyMs: Number(values['latency-ms']) }, (stack) => work(stack, size), { storageInMemory });
  }
  say('');
  for (const line of table(rows)) say(line);
}

async function measure(stack: Stack, images: number): Promise<Row> {
  const { blobConnectionString } = stack.endpoints();
  await seedContainer(blobConnectionString, 'scale-warm-up', 200);
  await runToEnd(stack, 'scale-warm-up');
  const container = `scale-${images}`;
  const began = Date.now();
  await seedContainer(blobConnectionString, container, images);
  say(`${images} images uploaded in ${Math.round((Date.now() - began) / 1000)} s`);

  const stateAtFirst = await engineState(stack.endpoints().cosmos);
  const peak = { app: 0, daprd: 0 };
  const before = costsOf(stack);
  const progress = progressEvery(10_000);
  const run = await runToEnd(stack, container, (seen) => {
    progress(seen);
    const now = costsOf(stack);
    for (const part of ['app', 'daprd'] as const) peak[part] = Math.max(peak[part], now[part]?.rssBytes ?? 0);
  });
  const after = costsOf(stack);
  if (run.status !== 'Completed' || run.calls !== images) throw new Error(`Not as it must be: ${JSON.stringify(run)}`);
  const state = await engineState(stack.endpoints().cosmos);

  const second = await runToEnd(stack, container);
  if (second.counts.unchanged !== images) throw new Error(`Not all unchanged: ${JSON.stringify(second.counts)}`);
  await endRetention(stack, await engineState(stack.endpoints().cosmos));
  const stateAtLast = await engineState(stack.endpoints().cosmos);
  return {
    images,
    wallMs: run.wallMs,
    cpu: Object.fromEntries(Object.entries(spent(before, after)).map(([name, ms]) => [name, ms / images])),
    appPeak: peak.app,
    appEnd: after.app?.rssBytes ?? 0,
    daprdPeak: peak.daprd,
    daprdEnd: after.daprd?.rssBytes ?? 0,
    stateBefore: (state.bytes - stateAtFirst.bytes) / images,
    stateAfter: stateAtLast.bytes / images,
    schedulerDisk: bytesOnDisk(stack.home.at('scheduler')),
    secondMs: second.wallMs,
    secondCalls: second.calls,
    load: loadavg()[0] ?? 0,
  };
}

/** A line now and then, so that a long run is seen to go on. */
function progressEvery(ms: number): (run: RunSeen) => void {
  let next = Date.now() + ms;
  return ({ status, calls, wallMs }) => {
    if (Date.now() < next) return;
    next += ms;
    say(`${status}: ${calls} calls after ${Math.round(wallMs / 1000)} s`);
  };
}

function table(rows: readonly Row[]): string[] {
  const lines: [string, (row: Row, index: number) => string][] = [
    ['wall, s', ({ wallMs }) => (wallMs / 1000).toFixed(1)],
    ['images/s', ({ images, wallMs }) => rate(images, wallMs)],
    [
      'growth exponent of time to the size before',
      (row, index) => exponent(rows[index - 1], row, ({ wallMs }) => wallMs),
    ],
    [
      'the same of processor time, without Azurite',
      (row, index) => exponent(rows[index - 1], row, ({ images, cpu }) => images * sum(cpu, ALL_BUT_AZURITE)),
    ],
    ['engine processor, ms an image', ({ cpu }) => sum(cpu, ENGINE).toFixed(2)],
    ...ENGINE.map((part): [string, (row: Row) => string] => [`- ${part}`, ({ cpu }) => (cpu[part] ?? 0).toFixed(2)]),
    ['app processor, ms an image', ({ cpu }) => (cpu.app ?? 0).toFixed(2)],
    [
      'local services (storage, database, Vision, pub/sub), ms an image',
      ({ cpu }) => sum(cpu, ['azurite', 'cosmos', 'vision', 'pubsub']).toFixed(2),
    ],
    [
      'app memory at its peak / at the end, MB',
      ({ appPeak, appEnd }) => `${megabytes(appPeak)} / ${megabytes(appEnd)}`,
    ],
    [
      'daprd memory at its peak / at the end, MB',
      ({ daprdPeak, daprdEnd }) => `${megabytes(daprdPeak)} / ${megabytes(daprdEnd)}`,
    ],
    ['engine state after the run, bytes an image', ({ stateBefore }) => stateBefore.toFixed(0)],
    ['engine state after retention, bytes an image', ({ stateAfter }) => stateAfter.toFixed(0)],
    ["scheduler's folder on disk, MB", ({ schedulerDisk }) => megabytes(schedulerDisk)],
    ['second, unchanged run: images/s', ({ images, secondMs }) => rate(images, secondMs)],
    ['second, unchanged run: calls', ({ secondCalls }) => String(secondCalls)],
    ['load of the machine at the end (1 min)', ({ load }) => load.toFixed(1)],
  ];
  const cells = (name: string, values: readonly string[]) => `| ${[name, ...values].join(' | ')} |`;
  return [
    cells(
      'images',
      rows.map(({ images }) => images.toLocaleString('en')),
    ),
    `|${'---|'.repeat(rows.length + 1)}`,
    ...lines.map(([name, value]) => cells(name, rows.map(value))),
  ];
}

function sizesUpTo(images: number): number[] {
  const sizes: number[] = [];
  for (let size = FIRST_SIZE; size < images; size *= 10) sizes.push(size);
  return [...sizes, images];
}

function exponent(smaller: Row | undefined, row: Row, cost: (row: Row) => number): string {
  if (!smaller) return '-';
  return (Math.log(cost(row) / cost(smaller)) / Math.log(row.images / smaller.images)).toFixed(2);
}

function sum(cpu: Row['cpu'], parts: readonly string[]): number {
  return parts.reduce((all, part) => all + (cpu[part] ?? 0), 0);
}

const rate = (images: number, ms: number) => String(Math.round((images / ms) * 1000));
const megabytes = (bytes: number) => String(Math.round(bytes / MB));
const say = (line: string) => void process.stdout.write(`${line}\n`);

void main();
