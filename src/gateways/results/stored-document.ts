import type { ImageDocument, StoredImage } from '../../domain/image/image';
import { STORED_DOCUMENT } from '../../domain/image/stored-image';

/**
 * An image document as it lies in Cosmos DB: ours, one derived field to search by, and what the store adds. Readers get
 * ours alone.
 */
export type StoredDocument = ImageDocument & {
  readonly schema?: number;
  /** Names of `analysis.tags` and `analysis.description.tags`, lower case, each once: a filter is one ARRAY_CONTAINS. */
  readonly tagNames?: readonly string[];
  readonly _etag?: string;
};

export function toStored(document: ImageDocument): StoredDocument {
  const tagNames = tagNamesOf(document);
  const stamped = STORED_DOCUMENT.stamped(document);
  return tagNames.length === 0 ? stamped : { ...stamped, tagNames };
}

export function tagNamesOf({ analysis }: Pick<ImageDocument, 'analysis'>): string[] {
  const names = [...(analysis?.tags?.map((tag) => tag.name) ?? []), ...(analysis?.description?.tags ?? [])];
  return [...new Set(names.map((name) => name.toLowerCase()))].sort();
}

const SYSTEM_FIELDS = new Set(['tagNames', '_rid', '_self', '_etag', '_attachments', '_ts', '_lsn']);

export function fromStored(stored: StoredDocument): ImageDocument {
  const entries = Object.entries(stored).filter(([field]) => !SYSTEM_FIELDS.has(field));
  return STORED_DOCUMENT.read(Object.fromEntries(entries));
}

const STORED_IMAGE_FIELDS = {
  id: true,
  blob: true,
  etag: true,
  sizeBytes: true,
  status: true,
  reason: true,
  error: true,
  analyzer: true,
  source: true,
  transactions: true,
  runId: true,
  runStartedAt: true,
  chunkId: true,
  attempts: true,
  contribution: true,
  replaced: true,
  contentHash: true,
  analyzedAt: true,
} satisfies Record<Exclude<keyof StoredImage, 'version'>, true>;

type StoredImageField = keyof typeof STORED_IMAGE_FIELDS;

/** `c.id, c.blob, ..., c._etag AS version`: what a query asks for. STORED_IMAGE makes a StoredImage of the answer. */
export const STORED_IMAGE_PROJECTION = [
  ...Object.keys(STORED_IMAGE_FIELDS).map((field) => `c.${field}`),
  'c.schema',
  'c._etag AS version',
].join(', ');

/** The same, for a document at hand. */
export function storedImageOf(document: ImageDocument, version: string): StoredImage {
  const fields = Object.keys(STORED_IMAGE_FIELDS) as StoredImageField[];
  const present = fields.filter((field) => document[field] !== undefined);
  return { ...Object.fromEntries(present.map((field) => [field, document[field]])), version } as StoredImage;
}
