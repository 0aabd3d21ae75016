import type { Clock } from './clock';

/** Pause before the keeper of the quota is notified again. */
const AGAIN_MS = 200;

/**
 * Tells the keeper of the quota that Vision asked to wait: again and again until it has heard it or the wait is over, as
 * the keeper may be on its way to another host. What is told is what is left of the wait.
 */
export function throttleNotifier(
  clock: Clock,
  tell: (retryAfterMs: number) => Promise<unknown>,
): (retryAfterMs: number) => Promise<void> {
  return async (retryAfterMs) => {
    const endsAtMs = clock.monotonicMs() + retryAfterMs;
    for (let leftMs = retryAfterMs; ; ) {
      const isHeard = await tell(leftMs).then(
        () => true,
        () => false,
      );
      if (isHeard) return;
      await clock.sleep(AGAIN_MS);
      leftMs = endsAtMs - clock.monotonicMs();
      if (leftMs <= 0) return;
    }
  };
}
