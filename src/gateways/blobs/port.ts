import type { ListedBlob } from '../../domain/image/image';
import type { NameOrder } from '../../domain/image/name-order';

/** The user's containers: only ever read. */
export interface BlobsGateway {
  /** Storage account name: a part of every image id. */
  readonly account: string;
  /** How its listings are sorted. @throws AppError storage-unavailable (retryable) */
  nameOrder(): Promise<NameOrder>;
  /**
   * One page of a flat listing in that order, snapshots, versions and directories left out.
   * @throws AppError container-not-found, container-forbidden, storage-unavailable (retryable)
   */
  listPage(container: string, options: ListOptions): Promise<BlobPage>;
  containerExists(container: string): Promise<boolean>;
  /** undefined when the service says 404. @throws AppError as listPage */
  head(container: string, blob: string): Promise<ListedBlob | undefined>;
  /** Reads with If-Match on `etag`. Never throws for what the service or the network did. */
  download(container: string, blob: ListedBlob, options: DownloadOptions): Promise<DownloadOutcome>;
  close(): void;
}

export interface ListOptions {
  readonly prefix: string;
  /** Opaque, from the page before. */
  readonly marker?: string;
  /** At most 5,000 (limit of List Blobs). */
  readonly pageSize: number;
}

export interface BlobPage {
  readonly blobs: readonly ListedBlob[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface DownloadOptions {
  /** Refuse more than this; the listed size is checked first, then what really arrives. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type DownloadOutcome =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | {
      readonly ok: false;
      /** `changed`: 412, the blob has another etag now. `gone`: 404. */
      readonly code: 'changed' | 'gone' | 'too-large-bytes' | 'download-forbidden' | 'download-failed';
      readonly message: string;
      readonly retryable: boolean;
      readonly httpStatus?: number;
    };
