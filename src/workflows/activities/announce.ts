import { type AnnounceRunDeps, announceRun } from '../../use-cases/runs/announce-run';
import { announce } from '../steps';
import { activity } from './activity';

/** Publishes one event of a run. At least once. */
export function createAnnounce(deps: AnnounceRunDeps) {
  return activity(announce, async ({ event, ...scope }) => {
    await announceRun(deps, scope, event);
    return { announced: true as const };
  });
}
