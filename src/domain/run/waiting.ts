import type { ChunkProgress } from './chunk-progress';
import { controlOf, type RunFacts, statusOf } from './facts';
import type { WaitingCode } from './waiting-code';

/** `code` is stable, `sentence` is for people. */
export interface Waiting {
  readonly code: WaitingCode;
  readonly sentence: string;
}

/**
 * What the run itself knows about why nothing moves; undefined where it knows nothing (run-silence.ts says the rest). A stop
 * is no silence: what was sent before is still paid for, waited for and saved.
 */
export function waitingOf(
  facts: RunFacts,
  { inFlight, waiting }: Pick<ChunkProgress, 'inFlight' | 'waiting'>,
): Waiting | undefined {
  if (controlOf(facts) === 'throttled') {
    return {
      code: 'vision',
      sentence: `Vision asked to wait until ${facts.hold?.until}: its rate limit is reached.`,
    };
  }
  const status = statusOf(facts);
  const isStoppingWork = status === 'Pausing' || status === 'Cancelling';
  if (isStoppingWork && inFlight > 0) {
    return { code: 'in-flight', sentence: `${inFlight} ${inFlight === 1 ? 'image' : 'images'} already sent` };
  }
  return waiting === undefined ? undefined : { code: 'service', sentence: waiting };
}
