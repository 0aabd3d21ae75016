import type { Task } from '@dapr/dapr';
import { delayMs, STEP_RETRY } from '../../domain/retry';
import type { Step } from './definition';
import { type Generation, GenerationFull, StepFailed } from './generation';

/** What a window works on. */
export interface WindowOptions<Item, Result> {
  /** Each is started once, in this order. */
  readonly items: Iterable<Item>;
  /** Tasks in flight, 1 or more. */
  readonly width: number;
  /** Starts the task of an item; again after a failure that may pass. */
  readonly start: (item: Item) => Task<unknown>;
  /** Called once per item, in the order of completion, which replay repeats. `false` starts nothing more. */
  readonly done: (item: Item, result: Result) => boolean;
}

interface Slot<Item> {
  readonly item: Item;
  /** For its timer; then it is started again. */
  readonly waits: boolean;
}

/**
 * A sliding window of `width` tasks with a retry per slot. `whenAll` hangs or kills the workflow when a child fails or
 * has already completed (SDK 3.18.0); `whenAny` over the open slots is sound (test/replay/window.test.ts).
 *
 * When the generation is full nothing new is started, what is in flight is awaited, and then the story goes on as new.
 * @throws StepFailed with the first permanent error, GenerationFull when items are left; each once nothing is in flight
 */
export async function* window<Item extends number | string, Result>(
  generation: Generation,
  { items, width, start, done }: WindowOptions<Item, Result>,
): Step<void> {
  const queue = items[Symbol.iterator]();
  const slots = new Map<Task<unknown>, Slot<Item>>();
  let accepting = true;
  let full = false;
  let failure: StepFailed | undefined;

  const launch = (item: Item) => slots.set(start(item), { item, waits: false });
  /** A slot that waits will start its item once more: that room is promised. */
  const hasRoomFor = (tasks: number) =>
    generation.hasRoomFor(tasks + [...slots.values()].filter(({ waits }) => waits).length);
  const fill = () => {
    while (accepting && slots.size < width) {
      if (!hasRoomFor(1)) {
        full = true;
        return;
      }
      const next = queue.next();
      if (next.done) return;
      launch(next.value);
    }
  };

  for (fill(); slots.size > 0; fill()) {
    const winner = (yield generation.any([...slots.keys()])) as Task<unknown>;
    const slot = slots.get(winner);
    if (!slot) throw new Error('whenAny answered a task that is not in the window');
    slots.delete(winner);
    if (slot.waits) {
      launch(slot.item);
      continue;
    }
    try {
      const outcome = generation.outcome<Result>(winner);
      const attempt = generation.attempted(`item ${slot.item}`, outcome, STEP_RETRY);
      if (outcome.ok) {
        if (!done(slot.item, outcome.value)) accepting = false;
      } else if (hasRoomFor(2)) {
        slots.set(generation.timer(delayMs(STEP_RETRY, attempt)), { ...slot, waits: true });
      } else {
        full = true; // not marked done: the next generation starts it again
        accepting = false;
      }
    } catch (thrown) {
      if (!(thrown instanceof StepFailed)) throw thrown;
      failure ??= thrown;
      accepting = false;
    }
  }
  if (failure) throw failure;
  if (full) throw new GenerationFull();
}
