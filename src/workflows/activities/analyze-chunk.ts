import { type AnalyzeChunkDeps, analyzeChunkOfRun } from '../../use-cases/runs/analyze-chunk';
import { analyzeChunk } from '../steps';
import { activity } from './activity';

/** Analyses one chunk. Idempotent by chunk id. */
export function createAnalyzeChunk(deps: AnalyzeChunkDeps) {
  return activity(
    analyzeChunk,
    (task, signal) => analyzeChunkOfRun(deps, task, signal),
    () => ({ complete: false }),
  );
}
