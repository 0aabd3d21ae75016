import { newAnalyzeContainer } from '../../domain/run/analyze-container-state';
import type { RunView } from '../../domain/run/run';
import { scopeOf } from '../../domain/run/run-scope';
import { WORKFLOWS } from '../../names';
import type { WorkflowStarter } from '../workflow-starter';

/** A run this young may still be on its way from its start to its workflow. */
export const SETTLED_MS = 30_000;

/** Starts the workflow of a run. Idempotent by run. @throws AppError workflow-unavailable */
export async function scheduleRun(workflows: Pick<WorkflowStarter, 'schedule'>, run: RunView): Promise<void> {
  await workflows.schedule(WORKFLOWS.analyzeContainer, run.id, newAnalyzeContainer(scopeOfRun(run)));
}

export function scopeOfRun(run: RunView) {
  return scopeOf({ ...run, runId: run.id });
}
