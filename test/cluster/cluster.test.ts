import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seedContainer } from '../../packages/bench/src/seed-container';
import { KUBERNETES, DAPR } from '../../packages/cluster/src';
import { taken } from '../../src/contract';
import { isFinal, type RunView } from '../../src/domain/run/run';
import { judge } from '../chaos/oracle';
import { eventually } from '../integration/framework';
import { ask } from '../integration/main-job/client';
import { CHANGES, type Change, settled } from './changes';
import { type Inside, lookInside } from './inside';
import { type LoadReport, startLoad } from './load';

/**
 * Guarantee: on a real Kubernetes with Dapr and mTLS a run ends right, whatever happens to its pods, its sidecars and its
 * node; who asks through the Service meanwhile is answered; and no image is paid for twice that was not in flight when a
 * process died. The oracle judges each run.
 */
jest.setTimeout(900_000);

const IMAGES = 2_000;
const PER_SECOND = 20;
/** As slow as makes a run of two replicas last for more than a minute. */
const LATENCY_MS = 2_000;

/** Requests go on for so long when everything is as it should be again. */
const AFTERWARDS_MS = 10_000;

let inside: Inside;
beforeAll(() => {
  inside = lookInside(process.env);
});

const vision = (path: string) => `${inside.endpoints.vision.endpoint}${path}`;
const forget = () => ask(vision('/stats'), { method: 'DELETE' });
const callsSoFar = async () => Number((await ask(vision('/stats'))).body.calls);
const setLatency = (latencyMs: number) =>
  ask(vision('/_dev/pace'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ latencyMs }),
  });

async function ended(id: string, timeoutMs: number): Promise<RunView> {
  let run: RunView | undefined;
  await eventually(
    async () => {
      run = taken(await inside.client.getRun({ params: { id } })) as RunView;
      return isFinal(run.status);
    },
    { what: `run ${id} ends`, timeoutMs, intervalMs: 500 },
  ).catch((error: Error) => {
    throw new Error(`${JSON.stringify(run)}\n${error.message}`);
  });
  const { container } = run as RunView;
  await eventually(
    async () => {
      const { value } = taken(await inside.client.listActivity({ params: { container }, query: { maxpagesize: 100 } }));
      return value.some((entry) => entry.id === `${id}/run-completed`);
    },
    { what: 'run-completed arrives', timeoutMs: 90_000 },
  );
  return run as RunView;
}

test('the trial: a run over the sample pictures ends right', async () => {
  await forget();
  const container = 'samples';
  const { id } = taken(await inside.client.startRun({ params: { container }, body: {} }));
  const run = await ended(id, 120_000);
  const { violations } = await judge({ endpoints: inside.endpoints, container, runId: id, alone: true });
  expect(violations).toEqual([]);
  expect(run.counts.succeeded).toBeGreaterThan(0);
});

interface Row {
  readonly change: string;
  readonly told: string;
  readonly changeS: number;
  readonly load: LoadReport;
  readonly silenceS: number;
  readonly runS: number;
  readonly repeated: number;
}
const rows: Row[] = [];
const seconds = (ms: number) => Math.round(ms / 100) / 10;

test.each(CHANGES.map((change) => [change.name, change] as const))('%s', async (_, change) => {
  await play(change);
});

async function play(change: Change): Promise<void> {
  // New bytes under a new name each time: what is known is not called for.
  const container = `during-${change.short}-${Date.now().toString(36)}`;
  await settled(inside, 2);
  await seedContainer(inside.endpoints.blobConnectionString, container, IMAGES);
  await setLatency(LATENCY_MS);
  await forget();
  const beganMs = Date.now();
  const { id } = taken(await inside.client.startRun({ params: { container }, body: {} }));
  const load = startLoad(inside, container, PER_SECOND);
  let stopped: Promise<LoadReport> | undefined;
  try {
    await eventually(async () => (await callsSoFar()) > IMAGES / 20, { what: 'the run calls', timeoutMs: 60_000 });
    const changedMs = Date.now();
    const told = await change.play(inside);
    const changeMs = Date.now() - changedMs;
    const callsAtEnd = await callsSoFar();
    await pause(AFTERWARDS_MS);
    stopped = load.stop();
    const report = await stopped;
    await ended(id, 300_000);
    const endMs = Date.now();
    const { times } = (await ask(vision('/stats?detail=times'))).body as { times: [number, number, number][] };
    const { violations, repeated } = await judge({
      endpoints: inside.endpoints,
      container,
      runId: id,
      repeatable: change.mayRepeat,
      alone: true,
    });
    rows.push({
      change: change.name,
      told,
      changeS: seconds(changeMs),
      load: report,
      silenceS: seconds(silence(changedMs, times, endMs)),
      runS: seconds(endMs - beganMs),
      repeated,
    });
    writeTable();
    process.stdout.write(`${JSON.stringify({ ...rows.at(-1), callsAtEnd, violations })}\n`);
    const failed = Object.values(report.failed).reduce((sum, count) => sum + count, 0);
    expect(violations).toEqual([]);
    expect({ failed: failed <= change.mayFail ? 'few enough' : report.failed }).toEqual({ failed: 'few enough' });
  } finally {
    await (stopped ?? load.stop());
    await setLatency(0);
    await inside.cluster.kubectl(['-n', 'contactsheet', 'scale', 'deployment/contactsheet', '--replicas=2']);
  }
}

/** The longest time without a new call, from the change on, while there were calls to make. */
function silence(sinceMs: number, times: readonly (readonly [number, number, number])[], endMs: number): number {
  const starts = times.map(([start]) => start).filter((start) => start > sinceMs);
  if (starts.length === 0) return endMs - sinceMs;
  const points = [sinceMs, ...starts.sort((a, b) => a - b)];
  return Math.max(...points.slice(1).map((point, i) => point - (points[i] as number)));
}

/** For the documents: `npm run cluster` prints it at the end. */
function writeTable(): void {
  const head = [
    `Kubernetes ${KUBERNETES}, Dapr ${DAPR}, Node ${process.versions.node}. ${IMAGES} images, ${PER_SECOND} requests a second.`,
    '',
    '| what happens | lasts | requests, failed | slowest, 99 % | longest silence | run | calls repeated | and |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const lines = rows.map(({ change, changeS, load, silenceS, runS, repeated, told }) => {
    const failed = Object.entries(load.failed).map(([reason, count]) => `${count} x ${reason}`);
    const cells = [
      change,
      `${changeS} s`,
      `${load.requests}, ${failed.join(' and ') || '0'}`,
      `${seconds(load.slowestMs)} s, ${seconds(load.p99Ms)} s`,
      `${silenceS} s`,
      `${runS} s`,
      String(repeated),
      told,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  writeFileSync(join(inside.cluster.folder, 'table.md'), `${[...head, ...lines].join('\n')}\n`);
}
