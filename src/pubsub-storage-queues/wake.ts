import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Tells the readers of a queue in this process that something was put there, so that they need not wait for their next look. */
export interface Wake {
  signal(queue: string): void;
  /** Resolves after `ms`, at a signal for the queue, or when `until` aborts. Never rejects. */
  wait(queue: string, ms: number, until: AbortSignal): Promise<void>;
}

export function createWake(): Wake {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    signal: (queue) => {
      emitter.emit(queue);
    },
    async wait(queue, ms, until) {
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, until]);
      await Promise.race([sleep(ms, undefined, { signal }), once(emitter, queue, { signal })]).catch(() => undefined);
      over.abort();
    },
  };
}
