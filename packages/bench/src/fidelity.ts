/**
 * How much of what Vision allows a run calls, and whether it obeys. The local Vision enforces the rate: beyond it, 429 and
 * Retry-After. `npm run fidelity -- [--rate 10/s] [--minutes 10] [--replicas 3] [--latency-ms 100]`
 *
 * One run over a container that is too large for the time; it is cancelled when the time is over. All figures are Vision's
 * own. Ends with exit code 1 when a target is missed. Not measured: Azure, networks.
 */
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient, taken } from 'contactsheet/contract';
import { parseRate } from 'contactsheet/setup';
import { chunksOf, type Replica } from '@contactsheet/dev-stack';
import type { Stack } from '@contactsheet/dev-stack';
import type { CallTime, CallTotals } from '@contactsheet/dev-vision';
import { type Join, withStack } from './bench-stack';
import { type Fidelity, fidelityOf, isOnTarget, TARGETS } from './rate-fidelity';
import { seedContainer } from './seed-container';

const CONTAINER = 'fidelity';
/** Four pages: enough chunks at a time that every replica gets some. */
const LEAST_IMAGES = 6_100;
const LOOK_MS = 5_000;

interface Wanted {
  readonly rate: string;
  readonly perSecond: number;
  readonly minutes: number;
  readonly replicas: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '10/s' },
      minutes: { type: 'string', default: '10' },
      replicas: { type: 'string', default: '3' },
      'latency-ms': { type: 'string', default: '100' },
    },
  });
  const perSecond = parseRate(values.rate)?.ratePerSecond;
  if (perSecond === undefined) throw new Error(`The rate is N/s or N/min, not ${values.rate}.`);
  const wanted = {
    rate: values.rate,
    perSecond,
    minutes: Number(values.minutes),
    replicas: Number(values.replicas),
  };
  await withStack({ rate: values.rate, latencyMs: Number(values['latency-ms']) }, async (stack, join) => {
    process.exitCode = (await measure(stack, join, wanted)) ? 0 : 1;
  });
}

/** True when every target is met. */
async function measure(stack: Stack, join: Join, { rate, perSecond, minutes, replicas }: Wanted): Promise<boolean> {
  const { api, blobConnectionString } = stack.endpoints();
  const others: Replica[] = [];
  for (let n = 2; n <= replicas; n++) others.push(await join(`replica-${n}`));
  await seedContainer(blobConnectionString, CONTAINER, Math.max(LEAST_IMAGES, perSecond * minutes * 60 * 1.1));
  const client = createClient({ address: api });
  const { id } = taken(await client.startRun({ params: { container: CONTAINER } }));

  const loads = await watch(stack, minutes * 60_000);
  await client.cancelRun({ params: { id } });
  await until(async () => taken(await client.getRun({ params: { id } })).status === 'Cancelled');
  const stats = await bookOf(stack);
  const seen = fidelityOf(stats, perSecond);
  const chunks = [chunksOf(stack.ports.sidecarMetrics), ...others.map((replica) => replica.chunks())];
  for (const line of report(seen, stats, await Promise.all(chunks), loads)) say(line);
  say(`${rate} for ${minutes} min from ${replicas} replica(s): ${isOnTarget(seen) ? 'on target' : 'BELOW TARGET'}`);
  return isOnTarget(seen);
}

/** Loads of the machine while the calls go on for so long, from the first one. */
async function watch(stack: Stack, forMs: number): Promise<readonly number[]> {
  await until(async () => (await bookOf(stack)).firstCallAt !== null);
  const loads: number[] = [];
  let next = 60_000;
  for (const began = Date.now(); Date.now() - began < forMs; ) {
    await pause(Math.min(LOOK_MS, Math.max(0, forMs - (Date.now() - began))));
    loads.push(loadavg()[0] ?? 0);
    if (Date.now() - began < next) continue;
    next += 60_000;
    const { calls, throttled } = await bookOf(stack);
    process.stderr.write(`${Math.round((Date.now() - began) / 1000)} s: ${calls} calls, ${throttled} times 429\n`);
  }
  return loads;
}

interface Book extends CallTotals {
  readonly times: readonly CallTime[];
}

async function bookOf(stack: Stack): Promise<Book> {
  return (await (await fetch(`${stack.endpoints().vision.endpoint}/stats?detail=times`)).json()) as Book;
}

function report(seen: Fidelity, book: Book, chunks: readonly number[], loads: readonly number[]): string[] {
  const mean = loads.reduce((sum, load) => sum + load, 0) / Math.max(1, loads.length);
  return [
    `calls allowed (rate x ${seen.seconds.toFixed(1)} s between the first and the last): ${seen.allowed.toFixed(1)}`,
    `calls made: ${seen.calls}`,
    `ratio: ${seen.ratio.toFixed(4)} (target ${TARGETS.ratio})`,
    `answered 429: ${book.throttled}, ${(seen.throttledShare * 100).toFixed(2)} % (target ${TARGETS.throttledShare * 100} %)`,
    `inside an announced Retry-After: ${seen.insideRetryAfter} (target 0)`,
    `longest time without a call: ${Math.round(longestSilenceMs(book.times))} ms`,
    `chunks worked on, by replica: ${chunks.join(', ')}`,
    `load of the machine (1 min): ${mean.toFixed(1)} on average, ${Math.max(0, ...loads).toFixed(1)} at most`,
  ];
}

function longestSilenceMs(times: readonly CallTime[]): number {
  const starts = times.map(([startMs]) => startMs).sort((a, b) => a - b);
  return starts.reduce((longest, start, i) => Math.max(longest, start - (starts[i - 1] ?? start)), 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const began = Date.now(); Date.now() - began < 120_000; ) {
    if (await condition().catch(() => false)) return;
    await pause(100);
  }
  throw new Error('The run did not begin or end within two minutes.');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main();
