import { CHUNKS_PER_PAGE } from '../../domain/ids';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import { cleanPage } from '../steps';
import { activity } from './activity';

/** Deletes the chunk inputs of a finished page. Idempotent: what is gone is gone. */
export function createCleanPage(manifests: ManifestsGateway) {
  return activity(cleanPage, async ({ runId, page }) => {
    const index = await manifests.readPage(runId, page);
    await manifests.deleteChunks(runId, page, index?.chunks.length ?? CHUNKS_PER_PAGE);
    return { deleted: true as const };
  });
}
