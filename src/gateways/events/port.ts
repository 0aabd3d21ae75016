import type { RunEvent } from '../../domain/run/events';

/** Events of runs, to whoever subscribes (Dapr pub/sub). */
export interface EventsGateway {
  /** At least once. @throws AppError sidecar-unavailable (retryable) when the broker did not take it. */
  publish(event: RunEvent): Promise<void>;
}
