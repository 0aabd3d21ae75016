import type { ListedBlob, Unreadable } from '../../domain/image/image';
import type { NameOrder } from '../../domain/image/name-order';

/** The user's containers: only ever read. */
export interface BlobsGateway {
  /** Storage account name: a part of every image id. */
  readonly account: string;
  /** How its listings are sorted. @throws AppError storage-unavailable (retryable) */
  nameOrder(): Promise<NameOrder>;
  /**
   * One page of a flat listing in that order. Snapshots, versions and directories (directories.ts) are left out.
   * @throws AppError container-not-found, container-forbidden, storage-unavailable (retryable)
   */
  listPage(container: string, options: ListOptions): Promise<BlobPage>;
  /** @throws AppError container-forbidden, storage-unavailable (retryable) */
  containerExists(container: string): Promise<boolean>;
  /** As a listing shows it; undefined when the service says 404. @throws AppError as listPage */
  head(container: string, blob: string): Promise<ListedBlob | undefined>;
  /** Reads with If-Match on `etag`. Never throws for what the service or the network did. */
  download(container: string, blob: ListedBlob, options: DownloadOptions): Promise<DownloadOutcome>;
  /** Closes the sockets. Idempotent. */
  close(): void;
}

/** Which page of a listing. */
export interface ListOptions {
  /** Only names that begin with it; empty for all. */
  readonly prefix: string;
  /** Opaque, from the page before. */
  readonly marker?: string;
  /** 1 to 5,000 (List Blobs, `maxresults`). */
  readonly pageSize: number;
  /** Ends the listing, and its retries. */
  readonly signal?: AbortSignal;
}

/** One page of a listing, in the order of the service. */
export interface BlobPage {
  readonly blobs: readonly ListedBlob[];
  /** Absent on the last page. */
  readonly next?: string;
}

/** Bounds of one download. */
export interface DownloadOptions {
  /** Bytes. More is refused; the listed size is checked first, then what really arrives. */
  readonly maxBytes: number;
  /** For the whole download, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The bytes, or why there are none. */
export type DownloadOutcome =
  | {
      readonly ok: true;
      /** As they are stored, whatever their encoding. */
      readonly bytes: Uint8Array;
      /** `Content-Encoding` of the blob, such as `gzip`: a property that its uploader chose and nobody checked. */
      readonly contentEncoding?: string;
    }
  | {
      readonly ok: false;
      /** `changed`: 412, the blob has another etag now. `gone`: 404. Unreadable: 409, since it was listed. */
      readonly code: 'changed' | 'gone' | 'too-large-bytes' | Unreadable | 'download-forbidden' | 'download-failed';
      readonly message: string;
      readonly retryable: boolean;
      readonly httpStatus?: number;
    };
