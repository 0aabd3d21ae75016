import { AppError } from '../../domain/errors';
import { CHUNKS_PER_PAGE, type ChunkRef, manifestKeys } from '../../domain/ids';
import type { ListedBlob } from '../../domain/image/image';
import { isUnfinished, type LedgerPage } from '../../domain/run/ledger';
import type { Operation } from '../../domain/operation';
import type { Receipt, Recount } from '../../domain/run/receipt';
import { readReceipt } from '../../domain/run/stored-records';
import type { ImageOutcome } from '../../domain/run/report';
import { COMPONENTS } from '../../names';
import type { Sidecar } from '../sidecar/sidecar';
import { packBlobs, unpackBlobs } from './packed-blobs';
import type { ManifestsGateway, PageIndex } from './port';

/**
 * Manifests through the Dapr state API, one key each (domain/ids.ts).
 *
 * I1 of the port is held by the store, not by us: the index is written only where nothing is stored (first-write without
 * an etag), so of two writers, in whatever processes, one is told of the conflict and reads what the other wrote.
 */
export function createDaprManifests(
  sidecar: Pick<Sidecar, 'getState' | 'saveState' | 'deleteState'>,
  component: string = COMPONENTS.manifests,
): ManifestsGateway {
  const read = async (key: string): Promise<unknown> => (await sidecar.getState(component, key))?.value;
  const write = async (key: string, value: unknown): Promise<void> => {
    await sidecar.saveState(component, key, value);
  };

  const deleteChunks = async (runId: string, page: number, chunks: number): Promise<void> => {
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      await sidecar.deleteState(component, manifestKeys.chunk({ runId, page, chunk }));
    }
  };

  const readLedger = async (runId: string, page: number): Promise<LedgerPage | undefined> =>
    (await read(manifestKeys.ledger(runId, page))) as LedgerPage | undefined;

  const readPage = async (runId: string, page: number): Promise<PageIndex | undefined> =>
    (await read(manifestKeys.page(runId, page))) as PageIndex | undefined;

  return {
    readPage,

    async writePageOnce(runId, page, index) {
      const key = manifestKeys.page(runId, page);
      const standing = await read(key);
      if (standing !== undefined) return standing as PageIndex;
      if ((await sidecar.saveState(component, key, index, { firstWrite: true })) === 'saved') return index;
      const first = await read(key);
      if (first !== undefined) return first as PageIndex;
      const message = `Page ${page} of run ${runId} was written by another process and cannot be read.`;
      throw new AppError('manifests-unavailable', message, { retryable: true });
    },

    async readChunk(ref: ChunkRef): Promise<readonly ListedBlob[] | undefined> {
      const packed = await read(manifestKeys.chunk(ref));
      return packed === undefined ? undefined : unpackBlobs(packed);
    },
    writeChunk: (ref: ChunkRef, blobs: readonly ListedBlob[]) => write(manifestKeys.chunk(ref), packBlobs(blobs)),

    readReport: async (ref: ChunkRef) => (await read(manifestKeys.report(ref))) as readonly ImageOutcome[] | undefined,
    writeReport: (ref: ChunkRef, outcomes: readonly ImageOutcome[]) => write(manifestKeys.report(ref), outcomes),

    readReportText: async (ref) => (await sidecar.getState(component, manifestKeys.report(ref)))?.text,

    readLedger,
    writeLedger: (runId, page, ledger) => write(manifestKeys.ledger(runId, page), ledger),

    readVerdict: async (runId) => (await read(manifestKeys.verdict(runId))) as Recount | undefined,
    writeVerdict: (runId, verdict) => write(manifestKeys.verdict(runId), verdict),

    async readReceipt(runId) {
      const stored = (await read(manifestKeys.receipt(runId))) as Receipt | undefined;
      return stored && readReceipt(stored);
    },
    writeReceipt: (runId, receipt) => write(manifestKeys.receipt(runId), receipt),

    readOperation: async (id) => (await read(manifestKeys.operation(id))) as Operation | undefined,
    writeOperation: (operation) => write(manifestKeys.operation(operation.id), operation),
    deleteOperation: (id) => sidecar.deleteState(component, manifestKeys.operation(id)),

    deleteChunks,

    async deleteRecords(runId, pages) {
      const erase = (key: string) => sidecar.deleteState(component, key);
      const listed = (await readPage(runId, pages)) ? pages + 1 : pages; // the last one may be written and not counted
      for (let page = 0; page < listed; page += 1) {
        const ledger = await readLedger(runId, page);
        // Inputs are still there of a page that was not finished; and, as its index, where no workflow cleaned up.
        const isClean = ledger && !ledger.chunks.some(isUnfinished) && !(await readPage(runId, page));
        if (!isClean) await deleteChunks(runId, page, CHUNKS_PER_PAGE);
        for (let chunk = 0; chunk < CHUNKS_PER_PAGE; chunk += 1)
          await erase(manifestKeys.report({ runId, page, chunk }));
        await erase(manifestKeys.ledger(runId, page));
        await erase(manifestKeys.page(runId, page));
      }
      await erase(manifestKeys.verdict(runId));
      await erase(manifestKeys.receipt(runId));
    },

    async deletePage(runId, page, chunks) {
      await deleteChunks(runId, page, chunks);
      // Last, so that a deletion that was interrupted can be found and repeated.
      await sidecar.deleteState(component, manifestKeys.page(runId, page));
    },
  };
}
