import type { RunPhase } from './run';
import type { RunScope } from './run-scope';

/** The run's whole memory: carried by continue-as-new, so small whatever the container's size. */
export interface AnalyzeContainerState extends RunScope {
  phase: RunPhase;
  /** Pages listed so far. */
  pages: number;
  /** Next page to analyze, then next page to clean up. */
  next: number;
  /** Pages that stopped half way: at most PAGES_IN_FLIGHT. */
  stopped: number[];
  /** How often the run was resumed: a part of the ids of page children. */
  round: number;
  /** The owner has been asked to approve. */
  asked?: boolean;
  failure?: string;
}

/** The input that a run's workflow is scheduled with. */
export function newAnalyzeContainer(scope: RunScope): AnalyzeContainerState {
  return { ...scope, phase: 'snapshot', pages: 0, next: 0, stopped: [], round: 0 };
}
