import { imageId } from '../../../src/domain/ids';
import { contributionOf, type ImageDocument } from '../../../src/domain/image/image';

export const ACCOUNT = 'contractaccount';

/** A document as a chunk would write it; every field can be given another value. */
export function imageDocument(container: string, blob: string, changes: Partial<ImageDocument> = {}): ImageDocument {
  const document: Omit<ImageDocument, 'contribution'> = {
    id: imageId(ACCOUNT, container, blob),
    container,
    blob,
    etag: '0x8D0000000000001',
    sizeBytes: 1_000,
    contentType: 'image/jpeg',
    status: 'succeeded',
    analysis: { requestId: 'request-1', tags: [{ name: 'Sky', confidence: 0.5 }] },
    analyzer: { provider: 'azure', version: '3.2', features: ['tags'], language: 'en' },
    source: 'call',
    transactions: 1,
    runId: 'a'.repeat(32),
    chunkId: `${'a'.repeat(32)}-p00000-c00`,
    attempts: [{ stage: 'vision', startedAt: '2026-01-01T00:00:00.000Z', waitMs: 1, workMs: 2, runId: 'a'.repeat(32) }],
    replaced: {},
    analyzedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
  return { ...document, contribution: changes.contribution ?? contributionOf(document) };
}
