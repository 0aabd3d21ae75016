import type { Actors } from '../../actors';
import { toAppError } from '../../domain/errors';
import type { RunScope } from '../../domain/run/run-scope';
import type { ChunkRef } from '../../domain/ids';
import { failureReason } from './failure-reason';
import type { ChunkWork } from '../../pipeline/chunk-work';

export interface AnalyzeChunkDeps {
  readonly chunks: Pick<ChunkWork, 'run'>;
  readonly actors: Pick<Actors, 'run'>;
}

/**
 * Analyses one chunk. Idempotent by chunk id: saved images are never called again, the delta is applied once. An error that
 * no retry heals (Vision refuses the key) stops the whole run within one lease.
 * @throws AppError what kept the chunk from its end
 */
export async function analyzeChunkOfRun(
  { chunks, actors }: AnalyzeChunkDeps,
  task: RunScope & { readonly ref: ChunkRef },
  signal?: AbortSignal,
): Promise<{ readonly complete: boolean }> {
  try {
    return await chunks.run(task, signal);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!error.retryable && !signal?.aborted) {
      await actors.run(task.ref.runId).command({ verb: 'fail', reason: failureReason(error) });
    }
    throw error;
  }
}
