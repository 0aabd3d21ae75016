import type { Step } from './definition';
import { type Generation, GenerationFull } from './generation';

/**
 * Waits for an event, also one that came before, at most `delayMs` milliseconds.
 * @throws GenerationFull when the two tasks do not fit
 */
export async function* waitFor(generation: Generation, event: string, delayMs: number): Step<void> {
  if (!generation.hasRoomFor(2)) throw new GenerationFull();
  const wait = generation.event(event);
  yield generation.any([wait, generation.timer(delayMs)]);
  if (wait.isComplete) generation.heard(event);
}
