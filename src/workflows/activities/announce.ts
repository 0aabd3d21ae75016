import { type AnnounceRunDeps, announceRun } from '../../use-cases/runs/announce-run';
import type { RunEventName } from '../../domain/run/events';
import { announce } from '../steps';
import { activity } from './activity';

/** Nobody needs to hear of a start, or to answer a question, when the end comes; of the end somebody does. */
const IDLE_AT_THE_END: ReadonlySet<RunEventName> = new Set(['run-started', 'approval-requested']);

/** Publishes one event of a run. At least once. */
export function createAnnounce(deps: AnnounceRunDeps) {
  return activity(
    announce,
    async ({ event, ...scope }) => {
      await announceRun(deps, scope, event);
      return { announced: true as const };
    },
    ({ event }) => (IDLE_AT_THE_END.has(event) ? { announced: true } : undefined),
  );
}
