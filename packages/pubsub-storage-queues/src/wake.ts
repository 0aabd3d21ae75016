import { EventEmitter } from 'node:events';

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
    wait: (queue, ms, until) =>
      new Promise((resolve) => {
        // Every listener goes with the wait: a subscription waits millions of times on the same signal.
        const end = () => {
          clearTimeout(timer);
          emitter.off(queue, end);
          until.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        emitter.on(queue, end);
        until.addEventListener('abort', end);
        if (until.aborted) end();
      }),
  };
}
