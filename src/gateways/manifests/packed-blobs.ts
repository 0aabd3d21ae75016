import type { ListedBlob } from '../../domain/image/image';
import { isUnreadable } from '../../domain/image/unreadable';

/**
 * A chunk's blobs as they lie in storage: `[name, etag, size, contentType, lastModified, unreadable, priced]` each, a third
 * shorter than with field names. An absent field is null, or missing at the end. The MD5 is for the snapshot alone and is not kept.
 */
type PackedBlob = readonly [
  name: string,
  etag: string,
  sizeBytes: number,
  contentType?: string | null,
  lastModified?: string | null,
  unreadable?: string | null,
  priced?: number,
];

export function packBlobs(blobs: readonly ListedBlob[]): PackedBlob[] {
  return blobs.map(({ name, etag, sizeBytes, contentType, lastModified, unreadable, priced }): PackedBlob => {
    const head = [name, etag, sizeBytes, contentType ?? null, lastModified ?? null] as const;
    if (priced !== undefined) return [...head, unreadable ?? null, priced];
    if (unreadable !== undefined) return [...head, unreadable];
    if (lastModified !== undefined) return head;
    return contentType === undefined ? [name, etag, sizeBytes] : [name, etag, sizeBytes, contentType];
  });
}

/** undefined for what is no packed chunk: to the caller a damaged manifest is a lost one. */
export function unpackBlobs(packed: unknown): ListedBlob[] | undefined {
  if (!Array.isArray(packed) || !packed.every(isPackedBlob)) return undefined;
  return packed.map(([name, etag, sizeBytes, contentType, lastModified, unreadable, priced]) => ({
    name,
    etag,
    sizeBytes,
    ...(contentType != null && { contentType }),
    ...(lastModified != null && { lastModified }),
    ...(unreadable != null && isUnreadable(unreadable) && { unreadable }),
    ...(typeof priced === 'number' && { priced }),
  }));
}

function isPackedBlob(row: unknown): row is PackedBlob {
  if (!Array.isArray(row)) return false;
  const [name, etag, sizeBytes] = row as unknown[];
  return typeof name === 'string' && typeof etag === 'string' && typeof sizeBytes === 'number';
}
