import type { StoredImage } from '../image/image';

/** Which images are tried again: all that failed, or those that match everything given. */
export interface RetryScope {
  readonly status?: 'failed' | 'skipped';
  readonly reason?: string;
  readonly code?: string;
}

/** The same of a finished run, within a part of its names. */
export interface RetryFilter extends RetryScope {
  readonly prefix?: string;
}

/** Who names why they failed means those, though they may only be refused again: something else may have been put right. */
export function insists({ reason, code }: RetryFilter): boolean {
  return reason !== undefined || code !== undefined;
}

/** Do both speak of the same images? */
export function isSameScope(a: RetryScope, b: RetryScope): boolean {
  const { status = 'failed', reason, code } = a;
  return status === (b.status ?? 'failed') && reason === b.reason && code === b.code;
}

/** What a retry looks at. */
export type Tried = Pick<StoredImage, 'blob' | 'status' | 'reason' | 'error' | 'analyzer'>;

/** Does the filter speak of this image? Only of images without an analysis; `failed` unless it says otherwise. */
export function isCovered(filter: RetryFilter, image: Tried): boolean {
  return (
    image.status === (filter.status ?? 'failed') &&
    (filter.reason === undefined || image.reason === filter.reason) &&
    (filter.code === undefined || image.error?.code === filter.code) &&
    (filter.prefix === undefined || image.blob.startsWith(filter.prefix))
  );
}
