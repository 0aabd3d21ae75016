import type { Actors } from '../../actors';
import { toAppError } from '../../domain/errors';
import type { ChunkWork } from '../../pipeline/chunk-work';
import { analyzeChunk } from '../steps';
import { activity } from './activity';

/**
 * Analyses one chunk. Idempotent by chunk id: saved images are never called again, the delta is applied once.
 * An error that no retry heals (Vision refuses the key) stops the whole run within one lease.
 */
export function createAnalyzeChunk(work: ChunkWork, actors: Pick<Actors, 'run'>) {
  return activity(analyzeChunk, async (task) => {
    try {
      return await work.run(task);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (!error.retryable) {
        await actors.run(task.ref.runId).command({ verb: 'fail', reason: `${error.code}: ${error.message}` });
      }
      throw error;
    }
  });
}
