import { type ImageError, type ImageReason, type StoredImage, UNREADABLE, type Unreadable } from './image';

/**
 * Blobs that are there and cannot be read now. The listing tells, or the refused download does.
 *
 * I1 They are listed, so they are never missing; they are not priced and not asked for.
 * I2 What is known of their bytes stays: the tier of a blob is not its content.
 *
 * Sources: "Set Blob Tier" (`AccessTier`, `ArchiveStatus`; it does not update the ETag), "Blob rehydration from the archive
 * tier", "Provide an encryption key on a request to Blob storage" (a request without the key answers 409).
 */
export function isUnreadable(code: string | undefined): code is Unreadable {
  return (UNREADABLE as readonly (string | undefined)[]).includes(code);
}

/** A blob that is on its way back is archived still. */
export function reasonOf(unreadable: Unreadable): ImageReason & ('archived' | 'customer-provided-key') {
  return unreadable === 'rehydrate-pending' ? 'archived' : unreadable;
}

const MESSAGES: Readonly<Record<Unreadable, string>> = {
  archived: 'The blob is in the archive tier, where it cannot be read.',
  'rehydrate-pending': 'The blob is being rehydrated from the archive tier and cannot be read yet.',
  'customer-provided-key': 'The blob is encrypted with a customer-provided key, which Contactsheet does not have.',
};

export function errorOf(unreadable: Unreadable): ImageError {
  const retryable = unreadable === 'rehydrate-pending';
  return { code: unreadable, stage: 'listing', message: MESSAGES[unreadable], retryable };
}

/**
 * Is there nothing to say of an unreadable blob that its document, of the same bytes, does not say? What was analysed keeps
 * its analysis (I2), and more features have to wait.
 */
export function saysAll(stored: Pick<StoredImage, 'status' | 'error' | 'analyzer'>, unreadable: Unreadable): boolean {
  const { status, error, analyzer } = stored;
  if (status === 'skipped') return error?.code === unreadable;
  return status === 'succeeded' || (status === 'failed' && (analyzer?.features.length ?? 0) > 0);
}
