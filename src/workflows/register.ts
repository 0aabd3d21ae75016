import { analyzeContainer } from './analyze-container';
import { analyzePage } from './analyze-page';
import type { WorkflowDefinition } from './sdk';
import { watchContainer } from './watch-container';

/** Every workflow under its wire name. A changed story gets a new name; the old one stays until its runs are drained. */
export const workflowDefinitions: readonly WorkflowDefinition<never, unknown>[] = [
  analyzeContainer as WorkflowDefinition<never, unknown>,
  analyzePage as WorkflowDefinition<never, unknown>,
  watchContainer as WorkflowDefinition<never, unknown>,
];
