import { NO_WORK } from '../../src/domain/counters';
import { AppError } from '../../src/domain/errors';
import { matches } from '../../src/domain/run/ledger';
import type { Operation } from '../../src/domain/operation';
import { onReceipt, type Receipt, type ReceiptReport } from '../../src/domain/run/receipt';
import type { ImageOutcome } from '../../src/domain/run/report';
import type { RunView } from '../../src/domain/run/run';
import type { RunStep } from '../../src/domain/run/steps';
import type { Repair, Verification } from '../../src/domain/container/verification';
import type { Page, PageRequest } from '../../src/domain/page';
import type { UseCases } from '../../src/use-cases/port';

/** The part of the fake that tells what happened; a test fills it. */
type HistoryUseCases = Pick<
  UseCases,
  | 'listRunImages'
  | 'readRunReport'
  | 'listRunSteps'
  | 'getReceipt'
  | 'verifyContainer'
  | 'repairContainer'
  | 'getOperation'
  | 'cancelOperation'
>;

export interface FakeRunRecords extends HistoryUseCases {
  readonly outcomes: ImageOutcome[];
  readonly steps: RunStep[];
  receipt: Receipt | undefined;
  readonly reports: ReceiptReport[];
  verification: Verification;
  changed: Repair['changed'];
  /** Present: verify and repair take longer than anybody waits. */
  operation: Operation | undefined;
  /** How many batches of lines were asked for. */
  batchesRead: number;
  /** The report fails at its batch of this number. */
  failAtBatch: number | undefined;
  readonly repairs: { readonly container: string; readonly confirmShrink: boolean }[];
}

const BATCH = 100;

export function fakeRunRecords(shell: {
  readonly mayFail: () => void;
  readonly run: (id: string) => RunView;
  readonly container: (name: string) => void;
  readonly pageOf: <T>(all: readonly T[], page: PageRequest) => Page<T>;
}): FakeRunRecords {
  const { mayFail, run, container: knows, pageOf } = shell;
  const records: FakeRunRecords = {
    outcomes: [],
    steps: [],
    receipt: undefined,
    reports: [],
    verification: { clean: true, checkedAt: '2026-01-02T03:04:05.000Z', differences: [], count: 0 },
    changed: { orphans: 0, totals: 0 },
    operation: undefined,
    batchesRead: 0,
    failAtBatch: undefined,
    repairs: [],
    async listRunImages(id, filter, page) {
      mayFail();
      run(id);
      return pageOf(
        records.outcomes.filter((outcome) => matches(outcome, filter)),
        page,
      );
    },
    async readRunReport(id) {
      mayFail();
      run(id);
      return batches(records);
    },
    async listRunSteps(id, page) {
      mayFail();
      run(id);
      return pageOf(records.steps, page);
    },
    async getReceipt(id) {
      mayFail();
      const { status } = run(id);
      if (!records.receipt) throw new AppError('receipt-not-found', `The run is ${status}.`);
      return { receipt: records.receipt, reports: onePerBatch(records.reports) };
    },
    async verifyContainer(container) {
      mayFail();
      knows(container);
      if (records.operation) return { done: false, operation: records.operation };
      return { done: true, result: records.verification };
    },
    async repairContainer(container, options) {
      mayFail();
      knows(container);
      records.repairs.push({ container, ...options });
      if (records.operation) return { done: false, operation: records.operation };
      return { done: true, result: { ...records.verification, changed: records.changed } };
    },
    async getOperation(id) {
      mayFail();
      if (records.operation?.id !== id) throw new AppError('operation-not-found', 'No operation has this id.');
      return records.operation;
    },
    async cancelOperation(id) {
      mayFail();
      if (records.operation?.id !== id) throw new AppError('operation-not-found', 'No operation has this id.');
      return records.operation;
    },
  };
  return records;
}

async function* batches(records: FakeRunRecords): AsyncGenerator<readonly ImageOutcome[]> {
  for (let at = 0; at < records.outcomes.length; at += BATCH) {
    records.batchesRead += 1;
    if (records.batchesRead === records.failAtBatch) throw new Error('the store went away');
    yield records.outcomes.slice(at, at + BATCH);
  }
}

async function* onePerBatch<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (const one of all) yield [one];
}

export function aReceipt(run: string): Receipt {
  return {
    ...{ run, container: 'photos', prefix: '', status: 'Completed' },
    ...{ startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:01.000Z', removed: 0 },
    counts: { total: 1, totalIsFinal: true, succeeded: 1, failed: 0, skipped: 0, unchanged: 0, inFlight: 0 },
    ...onReceipt({ ...NO_WORK, calls: 1, transactions: 4, downloads: 1, throttled: 2 }),
    ...{ maybeBilled: [], maybeBilledCount: 0, recount: { clean: true, differences: [], count: 0 } },
    phases: { snapshot: '2026-01-01T00:00:00.000Z' },
    price: { unit: 0.001, currency: 'USD', total: 0.004 },
    analyzer: { provider: 'azure', version: '3.2', features: ['Color'], language: 'en' },
  };
}
