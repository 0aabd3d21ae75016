import { v5 as uuidv5 } from 'uuid';
import { isRunId, RUN_ID_PATTERN } from './run/instance-id';

export { isRunId };

/**
 * Ids and keys, built and parsed in pairs. They are the dedupe rule of the product:
 * - a run is a workflow instance under its run id (run/instance-id.ts). Runs are ordered by their start (run/run-order.ts),
 *   never by id;
 * - a chunk is applied once under its chunk id;
 * - an image is one document under its image id, whatever run writes it.
 */

/** Blobs listed per page: one row query and one child workflow. */
export const PAGE_SIZE = 2_000;
/** Blobs per chunk: the unit of durable work. 20 chunks a page keep a page's history under 90 rows. */
export const CHUNK_SIZE = 100;
export const CHUNKS_PER_PAGE = PAGE_SIZE / CHUNK_SIZE;

/** Our own uuid v5 namespace: uuid v5 of the DNS name `contactsheet.io`. */
const IMAGE_NAMESPACE = '74181e87-7bec-5781-a847-34d7f1bf9aff';

/** `/` cannot stand in an account or container name, so the join is unambiguous. */
export function imageId(account: string, container: string, blob: string): string {
  return uuidv5(`${account}/${container}/${blob}`, IMAGE_NAMESPACE);
}

export interface ChunkRef {
  readonly runId: string;
  readonly page: number;
  /** 0..19 within the page. */
  readonly chunk: number;
}

export function pageInstanceId(runId: string, page: number, round = 0): string {
  return `${runId}-p${digits(page, 5)}${round === 0 ? '' : `-r${round}`}`;
}

/** The workflow of a watched container. No run id looks like it. */
export function watchInstanceId(container: string): string {
  return `watch-${container}`;
}

export function chunkId({ runId, page, chunk }: ChunkRef): string {
  return `${runId}-p${digits(page, 5)}-c${digits(chunk, 2)}`;
}

const CHUNK_ID = new RegExp(`^(${RUN_ID_PATTERN})-p(\\d{5,})-c(\\d{2})$`);

export function parseChunkId(id: string): ChunkRef | undefined {
  const match = CHUNK_ID.exec(id);
  return match && isRunId(match[1] as string)
    ? { runId: match[1] as string, page: Number(match[2]), chunk: Number(match[3]) }
    : undefined;
}

/** Keys of component `manifests`. Everything of one run lies under its id. */
export const manifestKeys = {
  page: (runId: string, page: number) => `${runId}/page-${digits(page, 5)}/index`,
  chunk: ({ runId, page, chunk }: ChunkRef) => `${runId}/page-${digits(page, 5)}/chunk-${digits(chunk, 2)}`,
  report: reportKey,
  /** A part of a report that is too large for one. */
  reportPiece: (ref: ChunkRef, piece: number) => `${reportKey(ref)}/piece-${digits(piece, 4)}`,
  ledger: (runId: string, page: number) => `${runId}/ledger/page-${digits(page, 5)}`,
  verdict: (runId: string) => `${runId}/verdict`,
  receipt: (runId: string) => `${runId}/receipt`,
  /** A long-running request: belongs to no run. */
  operation: (id: string) => `operations/${id}`,
};

function reportKey({ runId, page, chunk }: ChunkRef): string {
  return `${runId}/report/page-${digits(page, 5)}-chunk-${digits(chunk, 2)}`;
}

function digits(n: number, width: number): string {
  return String(n).padStart(width, '0');
}
