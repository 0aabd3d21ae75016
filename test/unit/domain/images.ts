import type { Analyzer } from '../../../src/domain/image/analysis';
import type { ListedBlob, StoredImage } from '../../../src/domain/image/image';

export const ANALYZER: Analyzer = { provider: 'azure', version: '3.2', features: ['Color', 'Tags'], language: 'en' };

export function listed(name: string, change: Partial<ListedBlob> = {}): ListedBlob {
  return { name, etag: '0x1', sizeBytes: 100, ...change };
}

export function stored(blob: string, change: Partial<StoredImage> = {}): StoredImage {
  return {
    id: `id of ${blob}`,
    blob,
    etag: '0x1',
    sizeBytes: 100,
    status: 'succeeded',
    analyzer: ANALYZER,
    source: 'call',
    transactions: 2,
    runId: 'run-1',
    chunkId: 'run-1-chunk',
    attempts: [],
    contribution: { 'i:succeeded': 1 },
    replaced: {},
    version: '"1"',
    ...change,
  };
}
