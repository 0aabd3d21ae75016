import type { ManifestsGateway } from '../../gateways/manifests/port';
import { cleanRun } from '../steps';
import { activity } from './activity';

/** Deletes the page indexes of a sealed run. Idempotent: what is gone is gone. */
export function createCleanRun(manifests: ManifestsGateway) {
  return activity(cleanRun, async ({ runId, pages }) => {
    for (let page = 0; page < pages; page++) await manifests.deletePage(runId, page, 0);
    return { deleted: true as const };
  });
}
