import type { OutcomeFilter } from '../domain/run/ledger';
import type { Operation } from '../domain/operation';
import type { Receipt, ReceiptReport } from '../domain/run/receipt';
import type { ImageOutcome } from '../domain/run/report';
import type { RunStep } from '../domain/run/steps';
import type { Repair, Verification } from '../domain/container/verification';
import type { Page, PageRequest } from '../gateways/results/port';

/** What a run did, image by image and step by step; and whether a container's records agree. */
export interface HistoryUseCases {
  /** A page may hold fewer than asked for, even none, and not be the last. @throws AppError run-not-found */
  listRunImages(id: string, filter: OutcomeFilter, page: PageRequest): Promise<Page<ImageOutcome>>;
  /** Every line, some at a time. @throws AppError run-not-found */
  readRunReport(id: string): Promise<AsyncIterable<readonly ImageOutcome[]>>;
  /** @throws AppError run-not-found */
  listRunSteps(id: string, page: PageRequest): Promise<Page<RunStep>>;
  /** @throws AppError run-not-found, receipt-not-found */
  getReceipt(id: string): Promise<ReceiptRead>;
  /** @throws AppError container-not-found, run-active */
  verifyContainer(container: string): Promise<WaitedFor<Verification>>;
  /** @throws AppError container-not-found, run-active */
  repairContainer(container: string, options: { readonly confirmShrink: boolean }): Promise<WaitedFor<Repair>>;
  /** @throws AppError operation-not-found */
  getOperation(id: string): Promise<Operation>;
}

export interface ReceiptRead {
  readonly receipt: Receipt;
  /** As many as the run has chunks: read page by page. */
  readonly reports: AsyncIterable<readonly ReceiptReport[]>;
}

/** The result, or where it will be found. */
export type WaitedFor<Result> =
  | { readonly done: true; readonly result: Result }
  | { readonly done: false; readonly operation: Operation };
