/**
 * How long the questions take that people and their programs ask while a run is on, beside the same without a run.
 * `npm run latency -- [--images 5000] [--latency-ms 5,100] [--rate 20] [--runs 50]`
 *
 * Each pace of Vision gets a stack of its own with `runs` earlier runs, so that the list of runs has a full page. Questions
 * are sent at fixed moments, `rate` a second in all, in turn, whether or not earlier ones have been answered. Everything
 * shares the machine: the load stands beside the figures.
 */
import { Agent, get } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient, ENDPOINTS, isFinal, pathOf, type RunStatus, taken } from 'contactsheet/contract';
import type { Stack } from '@contactsheet/dev-stack';
import { runToEnd, withStack } from './bench-stack';
import { seedContainer } from './seed-container';

const CONTAINER = 'latency';
/** Earlier runs are made by so many containers, each run after run. */
const EARLIER = 10;
const QUIET_MS = 15_000;
/** The run has its first calls behind it. */
const UNDER_WAY_MS = 1_000;

interface Question {
  readonly name: string;
  readonly url: string;
}

interface Answered {
  readonly name: string;
  readonly ms: number;
  readonly status: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '5000' },
      'latency-ms': { type: 'string', default: '5,100' },
      rate: { type: 'string', default: '20' },
      runs: { type: 'string', default: '50' },
    },
  });
  const [images, rate, runs] = [Number(values.images), Number(values.rate), Number(values.runs)];
  for (const latencyMs of values['latency-ms'].split(',').map(Number)) {
    await withStack({ latencyMs }, async (stack) => {
      await earlierRuns(stack, runs);
      await seedContainer(stack.endpoints().blobConnectionString, CONTAINER, images);
      const ids = await earlierIds(stack);
      const quiet = await askFor(QUIET_MS, rate, questions(stack, ids[0] ?? ''));
      say(`Vision ${latencyMs} ms, ${runs} earlier runs, ${rate} questions/s; no run is on, load ${load()}`);
      for (const line of table(quiet)) say(line);

      const began = Date.now();
      const { busy, run } = await whileOn(stack, rate);
      const seconds = (Date.now() - began) / 1000;
      say(
        `\nVision ${latencyMs} ms, a run over ${images} images is on (${Math.round(images / seconds)} images/s), load ${load()}`,
      );
      for (const line of table(busy)) say(line);
      say(`the run: ${run}\n`);
    });
  }
}

async function whileOn(stack: Stack, rate: number): Promise<{ busy: readonly Answered[]; run: RunStatus }> {
  const client = createClient({ address: stack.endpoints().api });
  const { id } = taken(await client.startRun({ params: { container: CONTAINER } }));
  await pause(UNDER_WAY_MS);
  let status: RunStatus = 'Running';
  const watching = new AbortController();
  const watch = (async () => {
    while (!isFinal(status)) {
      await pause(500);
      status = taken(await client.getRun({ params: { id } })).status;
    }
    watching.abort();
  })();
  const busy = await askFor(Number.POSITIVE_INFINITY, rate, questions(stack, id), watching.signal);
  await watch;
  return { busy, run: status };
}

function questions(stack: Stack, run: string): readonly Question[] {
  const { api } = stack.endpoints();
  const container = CONTAINER;
  const paths = {
    'the run': pathOf(ENDPOINTS.getRun, { id: run }),
    'list of runs': pathOf(ENDPOINTS.listRuns),
    'the container': pathOf(ENDPOINTS.getContainer, { container }),
    'status of Durable Functions': pathOf(ENDPOINTS.getInstance, { instanceId: run }),
    'images of the run': pathOf(ENDPOINTS.listRunImages, { id: run }),
    'images of the container': pathOf(ENDPOINTS.listImages, { container }),
  };
  return Object.entries(paths).map(([name, path]) => ({ name, url: `${api}${path}` }));
}

async function askFor(
  forMs: number,
  rate: number,
  all: readonly Question[],
  signal = new AbortController().signal,
): Promise<readonly Answered[]> {
  const agent = new Agent({ keepAlive: true });
  const asked: Promise<Answered>[] = [];
  const began = performance.now();
  for (let n = 0; !signal.aborted && performance.now() - began < forMs; n++) {
    await pause(Math.max(0, began + (n * 1000) / rate - performance.now()));
    asked.push(ask(all[n % all.length] as Question, agent));
  }
  const answered = await Promise.all(asked);
  agent.destroy();
  return answered;
}

function ask({ name, url }: Question, agent: Agent): Promise<Answered> {
  const began = performance.now();
  return new Promise((resolve) => {
    const answer = (status: number) => resolve({ name, status, ms: performance.now() - began });
    const request = get(url, { agent }, (response) => {
      response.resume().once('close', () => answer(response.statusCode ?? 0));
    });
    request.once('error', () => answer(0));
  });
}

async function earlierRuns(stack: Stack, runs: number): Promise<void> {
  const containers = Array.from({ length: EARLIER }, (_, n) => `earlier-${n}`);
  await Promise.all(
    containers.map(async (container, n) => {
      await seedContainer(stack.endpoints().blobConnectionString, container, 20);
      for (let left = runs - n; left > 0; left -= EARLIER) await runToEnd(stack, container);
    }),
  );
}

async function earlierIds(stack: Stack): Promise<readonly string[]> {
  const client = createClient({ address: stack.endpoints().api });
  return taken(await client.listRuns()).value.map(({ id }) => id);
}

function table(answers: readonly Answered[]): string[] {
  const names = [...new Set(answers.map(({ name }) => name))];
  const rows = names.map((name) => {
    const own = answers.filter((answer) => answer.name === name);
    const sorted = own.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
    const bad = own.filter(({ status }) => status !== 200 && status !== 202).length;
    return `| ${[name, own.length, at(0.5), at(0.99), at(1), bad].join(' | ')} |`;
  });
  return ['| question | asked | p50, ms | p99, ms | max, ms | not answered |', '|---|---|---|---|---|---|', ...rows];
}

const load = () => loadavg()[0]?.toFixed(1);
const say = (line: string) => void process.stdout.write(`${line}\n`);

void main();
