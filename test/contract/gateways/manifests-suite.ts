import { NO_WORK } from '../../../src/domain/counters';
import type { ListedBlob } from '../../../src/domain/image/image';
import { onReceipt, type Receipt } from '../../../src/domain/run/receipt';
import type { ImageOutcome } from '../../../src/domain/run/report';
import type { ManifestsGateway } from '../../../src/gateways/manifests/port';
import type { PageIndex } from '../../../src/domain/run/page-index';
import { HOSTILE_NAMES } from './hostile-names';

export interface ManifestsSubject {
  readonly manifests: ManifestsGateway;
  stop(): Promise<void>;
}

const RECEIPT: Receipt = {
  ...{ run: '0'.repeat(32), container: 'photos', prefix: '', status: 'Completed' },
  ...{ startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:01.000Z', removed: 0 },
  counts: { total: 0, totalIsFinal: true, succeeded: 0, failed: 0, skipped: 0, unchanged: 0, inFlight: 0 },
  ...onReceipt(NO_WORK),
  ...{ maybeBilled: [], maybeBilledCount: 0, recount: { clean: true, differences: [], count: 0 }, phases: {} },
  analyzer: { provider: 'azure', version: '3.2', features: ['Color'], language: 'en' },
};

/** The contract of ManifestsGateway: the same for every implementation. */
export function describeManifests(name: string, start: () => Promise<ManifestsSubject>): void {
  describe(`manifests: ${name}`, () => {
    let subject: ManifestsSubject;
    let manifests: ManifestsGateway;
    let runs = 0;
    beforeAll(async () => {
      subject = await start();
      manifests = subject.manifests;
    });
    afterAll(() => subject?.stop());

    const newRun = (): string => {
      runs += 1;
      return runs.toString(16).padStart(32, '0');
    };
    const index = (next: string): PageIndex => ({
      next,
      chunks: [{ to: 'b', count: 2, settled: false }],
      counts: { total: 2, new: 2, changed: 0, unchanged: 0, missing: 0, ineligible: {} },
    });

    test('knows nothing before it is written', async () => {
      const ref = { runId: newRun(), page: 0, chunk: 0 };
      expect(await manifests.readPage(ref.runId, 0)).toBeUndefined();
      expect(await manifests.readChunk(ref)).toBeUndefined();
      expect(await manifests.readReport(ref)).toBeUndefined();
      expect(await manifests.readReceipt(ref.runId)).toBeUndefined();
    });

    test('of many who list one page, all get the index of the first', async () => {
      const runId = newRun();
      const writers = Array.from({ length: 8 }, (_, writer) =>
        manifests.writePageOnce(runId, 3, index(`marker-${writer}`)),
      );
      const answers = await Promise.all(writers);
      const standing = await manifests.readPage(runId, 3);
      expect(standing).toBeDefined();
      for (const answer of answers) expect(answer).toEqual(standing);
      expect(await manifests.writePageOnce(runId, 3, index('later'))).toEqual(standing);
      expect(await manifests.readPage(runId, 4)).toBeUndefined();
    });

    test('a chunk comes back blob by blob, every name as it went in', async () => {
      const ref = { runId: newRun(), page: 12, chunk: 7 };
      const blobs: ListedBlob[] = HOSTILE_NAMES.map((blob, at) => ({
        name: blob,
        etag: `0x${at}`,
        sizeBytes: at,
        ...(at % 2 === 0 && { contentType: 'image/jpeg' }),
        ...(at % 3 === 0 && { lastModified: '2026-01-01T00:00:00.000Z' }),
      }));
      await manifests.writeChunk(ref, blobs);
      expect(await manifests.readChunk(ref)).toEqual(blobs);
      await manifests.writeChunk(ref, []);
      expect(await manifests.readChunk(ref)).toEqual([]);
    });

    test('reports and receipts come back, the newest', async () => {
      const ref = { runId: newRun(), page: 0, chunk: 0 };
      const outcome: ImageOutcome = { blob: 'a', status: 'succeeded', listed: true, calls: 1, transactions: 2 };
      await manifests.writeReport(ref, [outcome]);
      await manifests.writeReport(ref, [outcome, { ...outcome, blob: 'b' }]);
      expect(await manifests.readReport(ref)).toEqual([outcome, { ...outcome, blob: 'b' }]);
      await manifests.writeReceipt(ref.runId, RECEIPT);
      expect(await manifests.readReceipt(ref.runId)).toEqual(RECEIPT);
      const { bytesDownloaded: _, ...older } = RECEIPT; // as a build wrote it that did not count them
      await manifests.writeReceipt(ref.runId, older as Receipt);
      expect(await manifests.readReceipt(ref.runId)).toEqual(RECEIPT);
    });

    test('the text of a report is the one its hash is taken of: the same at every reading', async () => {
      const ref = { runId: newRun(), page: 0, chunk: 3 };
      expect(await manifests.readReportText(ref)).toBeUndefined();
      const outcomes: ImageOutcome[] = HOSTILE_NAMES.map((blob) => ({
        ...{ blob, status: 'failed', listed: true, reason: 'corrupt', calls: 0, transactions: 0 },
      }));
      await manifests.writeReport(ref, outcomes);
      const text = (await manifests.readReportText(ref)) ?? '';
      expect(JSON.parse(text)).toEqual(outcomes);
      expect(await manifests.readReportText(ref)).toBe(text);
    });

    test('ledgers, verdicts and operations come back', async () => {
      const runId = newRun();
      expect(await manifests.readLedger(runId, 7)).toBeUndefined();
      expect(await manifests.readVerdict(runId)).toBeUndefined();
      expect(await manifests.readOperation(runId)).toBeUndefined();
      const ledger = { chunks: [{ from: 'a', to: 'b', count: 3, settled: true }], last: true };
      await manifests.writeLedger(runId, 7, ledger);
      expect(await manifests.readLedger(runId, 7)).toEqual(ledger);
      const verdict = { clean: false, differences: [], count: 0 };
      await manifests.writeVerdict(runId, verdict);
      expect(await manifests.readVerdict(runId)).toEqual(verdict);
      const at = '2026-01-01T00:00:00.000Z';
      const operation = { id: runId, kind: 'verify', container: 'photos', status: 'Running' } as const;
      await manifests.writeOperation({ ...operation, startedAt: at, updatedAt: at });
      expect(await manifests.readOperation(runId)).toEqual({ ...operation, startedAt: at, updatedAt: at });
    });

    test('an operation that was deleted is gone; once more is no error', async () => {
      const [id, at] = [newRun(), '2026-01-01T00:00:00.000Z'];
      const operation = {
        id,
        kind: 'verify',
        container: 'photos',
        status: 'Running',
        startedAt: at,
        updatedAt: at,
      } as const;
      await manifests.writeOperation(operation);
      for (const _ of [1, 2]) await manifests.deleteOperation(id);
      expect(await manifests.readOperation(id)).toBeUndefined();
    });

    test('deleting a page takes its inputs and leaves reports, receipt and other pages', async () => {
      const runId = newRun();
      for (const page of [0, 1]) {
        await manifests.writePageOnce(runId, page, index('next'));
        for (const chunk of [0, 1]) await manifests.writeChunk({ runId, page, chunk }, []);
      }
      await manifests.writeReport({ runId, page: 0, chunk: 0 }, []);
      await manifests.writeReceipt(runId, RECEIPT);
      await manifests.deletePage(runId, 0, 2);
      await manifests.deletePage(runId, 0, 2);
      expect(await manifests.readPage(runId, 0)).toBeUndefined();
      for (const chunk of [0, 1]) expect(await manifests.readChunk({ runId, page: 0, chunk })).toBeUndefined();
      expect(await manifests.readReport({ runId, page: 0, chunk: 0 })).toEqual([]);
      expect(await manifests.readReceipt(runId)).toEqual(RECEIPT);
      expect(await manifests.readPage(runId, 1)).toEqual(index('next'));
      expect(await manifests.readChunk({ runId, page: 1, chunk: 1 })).toEqual([]);
    });

    test('deleting the records of a run takes the inputs of chunks that it did not finish too', async () => {
      const runId = newRun();
      const ref = { runId, page: 0, chunk: 1 };
      await manifests.writeChunk(ref, []);
      await manifests.writeReport({ runId, page: 0, chunk: 0 }, []);
      await manifests.writeReceipt(runId, RECEIPT);
      const open = { count: 3, settled: false };
      await manifests.writeLedger(runId, 0, { chunks: [{ count: 0, settled: true }, open], last: true });
      for (const _ of [1, 2]) await manifests.deleteRecords(runId, 1);
      expect(await manifests.readChunk(ref)).toBeUndefined();
      expect(await manifests.readReport({ runId, page: 0, chunk: 0 })).toBeUndefined();
      expect(await manifests.readLedger(runId, 0)).toBeUndefined();
      expect(await manifests.readReceipt(runId)).toBeUndefined();
    });

    test("deleting the records of a run that was not cleaned up takes its indexes and inputs too, no other run's", async () => {
      const [runId, other] = [newRun(), newRun()];
      const finished = { chunks: [{ count: 1, settled: true }], last: true };
      await manifests.writeLedger(runId, 0, finished);
      for (const page of [0, 1]) {
        await manifests.writePageOnce(runId, page, index('next'));
        await manifests.writeChunk({ runId, page, chunk: 0 }, []);
      }
      await manifests.writePageOnce(other, 0, index('next'));
      for (const _ of [1, 2]) await manifests.deleteRecords(runId, 1); // it ended before it counted the second page
      for (const page of [0, 1]) {
        expect(await manifests.readPage(runId, page)).toBeUndefined();
        expect(await manifests.readChunk({ runId, page, chunk: 0 })).toBeUndefined();
      }
      expect(await manifests.readLedger(runId, 0)).toBeUndefined();
      expect(await manifests.readPage(other, 0)).toEqual(index('next'));
    });
  });
}
