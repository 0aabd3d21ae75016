import { CHUNKS_PER_PAGE } from '../../domain/ids';
import type { ManifestsGateway } from '../../gateways/manifests/port';

export interface CleanRunDeps {
  readonly manifests: Pick<ManifestsGateway, 'readPage' | 'deleteChunks' | 'deletePage'>;
}

/** Deletes the chunk inputs of a finished page. Idempotent: what is gone is gone. */
export async function deleteInputs({ manifests }: CleanRunDeps, runId: string, page: number): Promise<void> {
  const index = await manifests.readPage(runId, page);
  await manifests.deleteChunks(runId, page, index?.chunks.length ?? CHUNKS_PER_PAGE);
}

/** Deletes the page indexes of a sealed run; reports and receipt stay. Idempotent. */
export async function deletePageIndexes({ manifests }: CleanRunDeps, runId: string, pages: number): Promise<void> {
  for (let page = 0; page < pages; page++) await manifests.deletePage(runId, page, 0);
}
