import type { Actors } from '../../actors';
import { CHUNKS_PER_PAGE } from '../../domain/ids';
import { isUnfinished } from '../../domain/run/ledger';
import type { ManifestsGateway } from '../../gateways/manifests/port';

export interface CleanRunDeps {
  readonly manifests: Pick<ManifestsGateway, 'readPage' | 'readLedger' | 'deleteChunks' | 'deletePage'>;
}

/** Deletes the chunk inputs of a finished page. Idempotent: what is gone is gone. */
export async function deleteInputs({ manifests }: CleanRunDeps, runId: string, page: number): Promise<void> {
  const index = await manifests.readPage(runId, page);
  await manifests.deleteChunks(runId, page, index?.chunks.length ?? CHUNKS_PER_PAGE);
}

/**
 * Deletes the page indexes of a sealed run; reports and receipt stay. Idempotent. A run that was stopped may have left the
 * chunk inputs of a finished page behind, because its end did not wait for them.
 */
export async function deletePageIndexes(
  { manifests, actors }: CleanRunDeps & { readonly actors: Pick<Actors, 'run'> },
  runId: string,
  pages: number,
): Promise<void> {
  const { run } = await actors.run(runId).view();
  const isStopped = run?.status === 'Cancelled' || run?.status === 'Failed';
  for (let page = 0; page < pages; page++) {
    const ledger = isStopped ? await manifests.readLedger(runId, page) : undefined;
    const isFinished = ledger !== undefined && !ledger.chunks.some(isUnfinished);
    await manifests.deletePage(runId, page, isFinished ? ledger.chunks.length : 0);
  }
}
