import type { ChunkRef } from '../../domain/ids';
import type { ListedBlob } from '../../domain/image/image';
import type { LedgerPage } from '../../domain/run/ledger';
import type { Operation } from '../../domain/operation';
import type { PageIndex } from '../../domain/run/page-index';
import type { Receipt, Recount } from '../../domain/run/receipt';
import type { ImageOutcome } from '../../domain/run/report';

/**
 * Inputs, reports and receipts of runs, through the Dapr state API (component `manifests`, Blob Storage).
 *
 * I1 A page index is written once. A second listing of a page takes the bounds of the first, so that pages neither
 * overlap nor leave a gap.
 * I2 A lost chunk manifest is not an error: `readChunk` answers undefined and the caller lists the interval again. One that
 *    is too large to be stored (a lost page that has grown by thousands) is not written.
 * I3 Nothing that is stored outgrows the body of a sidecar: what has no bound of its own is kept in pieces.
 *
 * Reads answer undefined where nothing is stored, writes replace what was there, deletes can be repeated. Pages and chunks
 * are counted from 0. Every method: @throws AppError sidecar-unavailable (retryable where it may pass).
 */
export interface ManifestsGateway {
  /** The index of a listed page. */
  readPage(runId: string, page: number): Promise<PageIndex | undefined>;
  /**
   * First writer wins; answers the index that stands (I1).
   * @throws AppError manifests-unavailable (retryable) when that one cannot be read
   */
  writePageOnce(runId: string, page: number, index: PageIndex): Promise<PageIndex>;
  /** The images of a chunk that need work (I2). */
  readChunk(ref: ChunkRef): Promise<readonly ListedBlob[] | undefined>;
  /** Written after the page index: who finds the index and no chunk lists it again (I2). */
  writeChunk(ref: ChunkRef, blobs: readonly ListedBlob[]): Promise<void>;
  /** What was done with each image of a chunk, one line each. */
  writeReport(ref: ChunkRef, outcomes: readonly ImageOutcome[]): Promise<void>;
  /** The same lines; of an unfinished chunk those so far. */
  readReport(ref: ChunkRef): Promise<readonly ImageOutcome[] | undefined>;
  /** The report as the text it is stored as: what its hash is taken of. */
  readReportText(ref: ChunkRef): Promise<string | undefined>;
  /** What became of the chunks of one page. */
  writeLedger(runId: string, page: number, ledger: LedgerPage): Promise<void>;
  /** As it was sealed. */
  readLedger(runId: string, page: number): Promise<LedgerPage | undefined>;
  /** Verdict of the recount at the end of the run. */
  writeVerdict(runId: string, verdict: Recount): Promise<void>;
  /** The first verdict stands (use-cases/containers/recount-container.ts). */
  readVerdict(runId: string): Promise<Recount | undefined>;
  /** What a run did and cost. Written once, when it is sealed. */
  writeReceipt(runId: string, receipt: Receipt): Promise<void>;
  /** Absent until the run is sealed, and for records that have expired. */
  readReceipt(runId: string): Promise<Receipt | undefined>;
  /** A request that takes longer than its caller waits. */
  writeOperation(operation: Operation): Promise<void>;
  /** As it was last written: it may have been lost since (domain/operation.ts). */
  readOperation(id: string): Promise<Operation | undefined>;
  /** Forgets its record. */
  deleteOperation(id: string): Promise<void>;
  /** Deletes the chunk inputs of one page. */
  deleteChunks(runId: string, page: number, chunks: number): Promise<void>;
  /** Deletes the inputs of one page (its index and chunks); reports stay. */
  deletePage(runId: string, page: number, chunks: number): Promise<void>;
  /**
   * Deletes what a run leaves behind: reports, inputs of chunks it did not finish, page indexes where its workflow ended before it
   * deleted them, ledger, verdict, receipt. `pages`: those that it counted. What is gone is gone.
   */
  deleteRecords(runId: string, pages: number): Promise<void>;
}
