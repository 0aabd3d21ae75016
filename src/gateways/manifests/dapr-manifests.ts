import { AppError } from '../../domain/errors';
import { jsonBytes, MAX_STORED_BYTES } from '../../domain/bytes';
import { CHUNKS_PER_PAGE, type ChunkRef, manifestKeys } from '../../domain/ids';
import type { ListedBlob } from '../../domain/image/image';
import { isUnfinished, type LedgerPage } from '../../domain/run/ledger';
import { STORED_OPERATION } from '../../domain/stored-operation';
import { STORED_LEDGER, STORED_PAGE, STORED_RECEIPT, STORED_VERDICT } from '../../domain/run/stored-records';
import type { StoredShapes } from '../../domain/stored';
import { COMPONENTS } from '../../names';
import type { Sidecar } from '../sidecar/sidecar';
import { packBlobs, unpackBlobs } from './packed-blobs';
import type { ManifestsGateway } from './port';
import { createStoredReports } from './stored-reports';
import type { PageIndex } from '../../domain/run/page-index';

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

  const readShape = async <T extends object>(shapes: StoredShapes<T>, key: string): Promise<T | undefined> => {
    const stored = await read(key);
    return stored === undefined ? undefined : shapes.read(stored);
  };

  const deleteChunks = async (runId: string, page: number, chunks: number): Promise<void> => {
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      await sidecar.deleteState(component, manifestKeys.chunk({ runId, page, chunk }));
    }
  };

  const readLedger = async (runId: string, page: number): Promise<LedgerPage | undefined> =>
    readShape(STORED_LEDGER, manifestKeys.ledger(runId, page));

  const readPage = async (runId: string, page: number): Promise<PageIndex | undefined> =>
    readShape(STORED_PAGE, manifestKeys.page(runId, page));

  const reports = createStoredReports(sidecar, component);

  return {
    readPage,

    async writePageOnce(runId, page, index) {
      const key = manifestKeys.page(runId, page);
      const standing = await readShape(STORED_PAGE, key);
      if (standing !== undefined) return standing;
      const stamped = STORED_PAGE.stamped(index);
      if ((await sidecar.saveState(component, key, stamped, { firstWrite: true })) === 'saved') return index;
      const first = await readShape(STORED_PAGE, key);
      if (first !== undefined) return first;
      const message = `Page ${page} of run ${runId} was written by another process and cannot be read.`;
      throw new AppError('manifests-unavailable', message, { retryable: true });
    },

    async readChunk(ref: ChunkRef): Promise<readonly ListedBlob[] | undefined> {
      const packed = await read(manifestKeys.chunk(ref));
      return packed === undefined ? undefined : unpackBlobs(packed);
    },
    async writeChunk(ref: ChunkRef, blobs: readonly ListedBlob[]) {
      const packed = packBlobs(blobs);
      if (jsonBytes(packed) <= MAX_STORED_BYTES) await write(manifestKeys.chunk(ref), packed); // I2 of the port
    },

    ...reports,

    readLedger,
    writeLedger: (runId, page, ledger) => write(manifestKeys.ledger(runId, page), STORED_LEDGER.stamped(ledger)),

    readVerdict: (runId) => readShape(STORED_VERDICT, manifestKeys.verdict(runId)),
    writeVerdict: (runId, verdict) => write(manifestKeys.verdict(runId), STORED_VERDICT.stamped(verdict)),

    readReceipt: (runId) => readShape(STORED_RECEIPT, manifestKeys.receipt(runId)),
    writeReceipt: (runId, receipt) => write(manifestKeys.receipt(runId), STORED_RECEIPT.stamped(receipt)),

    readOperation: (id) => readShape(STORED_OPERATION, manifestKeys.operation(id)),
    writeOperation: (operation) => write(manifestKeys.operation(operation.id), STORED_OPERATION.stamped(operation)),
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
          await reports.deleteReport({ runId, page, chunk }, ledger?.chunks[chunk]?.report?.lines);
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
