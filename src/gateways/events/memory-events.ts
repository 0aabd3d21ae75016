import { AppError } from '../../domain/errors';
import type { RunEvent } from '../../domain/run/events';
import type { EventsGateway } from './port';

/** Keeps what was published, duplicates included, in order. */
export interface MemoryEvents extends EventsGateway {
  readonly published: readonly RunEvent[];
  /** The broker refuses the next `times` events. */
  failNext(times: number): void;
}

export function createMemoryEvents(): MemoryEvents {
  const published: RunEvent[] = [];
  let failures = 0;
  return {
    published,
    failNext: (times) => {
      failures += times;
    },
    async publish(event) {
      if (failures > 0) {
        failures -= 1;
        throw new AppError('sidecar-unavailable', 'The broker did not take the event.', { retryable: true });
      }
      published.push(structuredClone(event));
    },
  };
}
