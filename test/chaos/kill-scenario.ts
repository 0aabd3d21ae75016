import { setTimeout as pause } from 'node:timers/promises';
import type { RunView } from '../../src/domain/run/run';
import { isFinal } from '../../src/domain/run/run';
import { eventually, type TestStack } from '../integration/framework';
import { activityIds, ask, runOf, startRun } from '../integration/main-job/client';
import type { Cell } from './kill-matrix';
import { judge } from './oracle';

/**
 * One cell on one stack: a run over a container of its own, one process hit at the cell's moment, the run to its end, and
 * the oracle's verdict.
 */
export const IMAGES = 300;
export const IN_FLIGHT = 20;
export const LATENCY_MS = 30;
export const STOPPED_MS = 5_000;
/** A scheduler that was killed answers for its lost leases within half a minute; the rest is for a busy machine. */
const ENDS_WITHIN_MS = 120_000;
/** About as long as each takes; the cell's moment lies within. */
const SNAPSHOT_MS = 250;
const FINISH_MS = 300;
const CHUNK = 100;
/** Calls that have begun when a phase begins and ends; chunks of one page are worked on together. */
const CALLS_AT = {
  'first chunk': { from: 1, to: CHUNK / 2 },
  middle: { from: CHUNK, to: IMAGES - CHUNK },
  'last chunk': { from: IMAGES - CHUNK / 2, to: IMAGES - 1 },
  finish: { from: IMAGES, to: IMAGES },
};

export interface CellReport {
  readonly cell: Cell;
  /** Calls that Vision had begun when the blow fell, and the phase that the run showed a moment before. */
  readonly callsBefore: number;
  readonly phaseSeen: string;
  /** The longest time without a new call after the blow; without any, the time to the end. */
  readonly silenceMs: number;
  /** From the blow to the end of the run. */
  readonly endMs: number;
  readonly repeated: number;
  /** Empty: all that must hold does. */
  readonly violations: readonly string[];
}

/** Calls that may be answered twice: those that were in flight when their process, or its answers, went. */
export function repeatable({ target, blow }: Cell): number {
  return (target === 'app' && blow === 'KILL') || (target === 'vision' && blow !== 'STOP') ? IN_FLIGHT : 0;
}

export async function playCell(stack: TestStack, cell: Cell, container: string): Promise<CellReport> {
  const at = (path: string) => `${stack.endpoints.vision.endpoint}${path}`;
  await ask(at('/stats'), { method: 'DELETE' });
  const id = await startRun(stack, container);
  const { calls, phase } = await until(stack, cell, id);
  // What a Vision that dies has answered is known to its book alone.
  const { byHash } = (await ask(at('/stats?detail=hashes'))).body as { byHash: Record<string, number> };
  const hitAt = Date.now();
  const blow = hit(stack, cell);

  const report = { cell, callsBefore: calls, phaseSeen: phase };
  let view: RunView | undefined;
  try {
    await eventually(
      async () => {
        view = await runOf(stack, id);
        return isFinal(view.status);
      },
      { what: 'the run ends', timeoutMs: ENDS_WITHIN_MS, intervalMs: 100 },
    );
    const endMs = Date.now() - hitAt;
    await blow;
    await stack.ready(cell.target);
    await eventually(async () => (await activityIds(stack, container)).includes(`${id}/run-completed`), {
      what: 'run-completed arrives',
      timeoutMs: 45_000,
    });
    const { times } = (await ask(at('/stats?detail=times'))).body as { times: [number, number, number][] };
    const { violations, repeated } = await judge({
      endpoints: stack.endpoints,
      container,
      runId: id,
      repeatable: repeatable(cell),
      alone: true,
      ...(cell.target === 'vision' && cell.blow !== 'STOP' ? { booksBefore: [byHash] } : {}),
    });
    return { ...report, endMs, silenceMs: silence(hitAt, times, endMs), repeated, violations };
  } catch (error) {
    const trouble = `${error instanceof Error ? error.message : error}\nrun ${id}: ${JSON.stringify(view)}`;
    const lost = Date.now() - hitAt;
    await blow.catch(() => undefined);
    return { ...report, endMs: lost, silenceMs: lost, repeated: -1, violations: [trouble] };
  }
}

/** Resolves at the cell's moment. */
async function until(stack: TestStack, { phase, moment }: Cell, id: string) {
  const look = async () => ({
    calls: Number((await ask(`${stack.endpoints.vision.endpoint}/stats`)).body.calls),
    phase: (await runOf(stack, id)).phase as string,
  });
  if (phase === 'snapshot') {
    const seen = await look();
    await pause(moment * SNAPSHOT_MS);
    return seen;
  }
  const { from, to } = CALLS_AT[phase];
  const wanted = Math.round(from + moment * (to - from));
  await eventually(async () => Number((await ask(`${stack.endpoints.vision.endpoint}/stats`)).body.calls) >= wanted, {
    what: `${wanted} calls`,
    timeoutMs: 60_000,
    intervalMs: 10,
  });
  const seen = await look();
  if (phase === 'finish') await pause(moment * FINISH_MS);
  return seen;
}

async function hit(stack: TestStack, { target, blow }: Cell): Promise<void> {
  if (blow !== 'STOP') {
    await stack.kill(target, blow === 'KILL' ? 'SIGKILL' : 'SIGTERM');
    return;
  }
  const pid = stack.pid(target);
  if (pid === undefined) throw new Error(`${target} is not running.`);
  process.kill(pid, 'SIGSTOP');
  try {
    await pause(STOPPED_MS);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

function silence(hitAt: number, times: readonly (readonly [number, number, number])[], endMs: number): number {
  const starts = times.map(([start]) => start).filter((start) => start > hitAt);
  if (starts.length === 0) return endMs;
  const points = [hitAt, ...starts.sort((a, b) => a - b)];
  return Math.max(...points.slice(1).map((point, i) => point - (points[i] as number)));
}
