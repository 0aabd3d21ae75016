import type { Logger } from 'pino';

export interface WakeUpsDeps {
  readonly wake: (container: string) => Promise<void>;
  readonly log: Logger;
}

/** How long one wake-up stands for all that follow. */
export const WINDOW_MS = 10_000;

/**
 * Turns new blobs into wake-ups: the first at once, all others of a window as one at its end. So 10,000 uploads cost
 * one wake-up in ten seconds, and the last upload is seen too.
 *
 * I1 A container has one window at a time. Windows end when one passes without a new blob.
 */
export class WakeUps {
  private readonly windows = new Map<string, { timer: NodeJS.Timeout; again: boolean }>();

  constructor(private readonly deps: WakeUpsDeps) {}

  /** @throws what the wake-up throws: the message is to come again */
  async blobCreated(container: string): Promise<void> {
    const open = this.windows.get(container);
    if (open) {
      open.again = true;
      return;
    }
    const timer = setTimeout(() => this.close(container), WINDOW_MS);
    timer.unref();
    this.windows.set(container, { timer, again: false }); // I1
    try {
      await this.deps.wake(container);
    } catch (error) {
      clearTimeout(timer);
      this.windows.delete(container);
      throw error;
    }
  }

  stop(): void {
    for (const { timer } of this.windows.values()) clearTimeout(timer);
    this.windows.clear();
  }

  private close(container: string): void {
    const isWanted = this.windows.get(container)?.again;
    this.windows.delete(container);
    if (!isWanted) return;
    this.blobCreated(container).catch((error: unknown) => {
      this.deps.log.warn({ event: 'watch.wake-failed', container, err: error }, 'the next look will tell');
    });
  }
}
