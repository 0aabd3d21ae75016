import { setTimeout as sleep } from 'node:timers/promises';

/** Does nothing for a while. */
export async function pause(ms: number): Promise<void> {
  await sleep(ms);
}

/** Asks every `everyMs` until the answer is true or the time is over; returns the last answer. Errors count as false. */
export async function until(
  question: () => boolean | Promise<boolean>,
  limits: { readonly withinMs: number; readonly everyMs?: number },
): Promise<boolean> {
  const deadline = Date.now() + limits.withinMs;
  for (;;) {
    try {
      if (await question()) return true;
    } catch {
      // Not yet.
    }
    if (Date.now() >= deadline) return false;
    await pause(limits.everyMs ?? 100);
  }
}
