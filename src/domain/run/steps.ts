import { type Counters, pickCounters } from '../counters';
import { defined } from '../defined';
import { ONCE, type Repeats } from './chunk-repeats';
import { type ChunkReport, earlier, type LedgerPage, type LedgerRow, later } from './ledger';
import type { PhaseTimes } from './receipt';
import { isFinal, type RunPhase, type RunView } from './run';

/** The workflow of a run as it happened: its phases, and between them its pages with their chunks. */
export type RunStep = PhaseStep | PageStep;

export interface PhaseStep {
  readonly step: Exclude<RunPhase, 'done'>;
  readonly state: 'running' | 'done';
  /** Absent where no record of it was kept. */
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface PageStep {
  readonly step: 'page';
  readonly page: number;
  readonly state: 'waiting' | 'running' | 'done';
  /** First and last work on an image of the page; absent when nothing needed work. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly images: number;
  readonly retries: number;
  readonly chunks: readonly ChunkStep[];
}

/** What a step tells of its counters. */
export const STEP_COUNTERS = ['calls', 'retries', 'throttled', 'failed'] as const;

export interface ChunkStep extends Pick<Counters, (typeof STEP_COUNTERS)[number]> {
  readonly chunk: number;
  /** `settled`: everything was unchanged when it was listed. `open`: waits, or is being worked on. */
  readonly state: 'settled' | 'open' | 'done';
  readonly images: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** Times its work was begun, and deliveries that did none of their own (domain/run/chunk-repeats.ts). */
  readonly executions: number;
  readonly joined: number;
}

const BEFORE_PAGES = ['snapshot', 'quote', 'approve', 'analyze'] as const;
const ORDER = [...BEFORE_PAGES, 'finish', 'done'] as const;

/** Phases that come before the pages, as far as the run has come. */
export function openingSteps(run: RunView, phases: PhaseTimes): PhaseStep[] {
  return BEFORE_PAGES.flatMap((phase) => phaseStep(phase, run, phases) ?? []);
}

export function closingSteps(run: RunView, phases: PhaseTimes): PhaseStep[] {
  return [phaseStep('finish', run, phases) ?? []].flat();
}

function phaseStep(phase: PhaseStep['step'], run: RunView, phases: PhaseTimes): PhaseStep | undefined {
  const startedAt = phases[phase] ?? (phase === 'snapshot' ? run.startedAt : undefined);
  if (startedAt === undefined) return undefined;
  const next = ORDER.slice(ORDER.indexOf(phase) + 1).flatMap((later) => phases[later] ?? [])[0];
  const endedAt = next ?? (isFinal(run.status) ? run.endedAt : undefined);
  return { step: phase, state: endedAt === undefined ? 'running' : 'done', startedAt, ...defined({ endedAt }) };
}

export function pageStep(page: number, { chunks }: LedgerPage): PageStep {
  const steps = chunks.map(chunkStep);
  const startedAt = steps.flatMap((step) => step.startedAt ?? []).reduce<string | undefined>(earlier, undefined);
  const endedAt = steps.flatMap((step) => step.endedAt ?? []).reduce<string | undefined>(later, undefined);
  const open = steps.filter(({ state }) => state === 'open').length;
  const hasBegun = steps.some(({ state }) => state === 'done');
  return {
    step: 'page',
    page,
    state: open === 0 ? 'done' : hasBegun ? 'running' : 'waiting',
    ...defined({ startedAt }),
    ...(endedAt === undefined || open > 0 ? {} : { endedAt }),
    images: steps.reduce((sum, { images }) => sum + images, 0),
    retries: steps.reduce((sum, { retries }) => sum + retries, 0),
    chunks: steps,
  };
}

function chunkStep(row: LedgerRow, chunk: number): ChunkStep {
  const { report } = row;
  const counters = pickCounters({ ...report?.sums, failed: report?.statuses.failed ?? 0 }, STEP_COUNTERS);
  if (report === undefined) {
    return {
      chunk,
      state: row.settled ? 'settled' : 'open',
      images: row.count,
      ...(row.repeats ?? NEVER),
      ...counters,
    };
  }
  return {
    chunk,
    state: 'done',
    images: row.count,
    ...timesOf(report),
    ...(row.repeats ?? ONCE),
    ...counters,
  };
}

const NEVER: Repeats = { executions: 0, joined: 0 };

function timesOf({ startedAt, endedAt }: ChunkReport) {
  return defined({ startedAt, endedAt });
}
