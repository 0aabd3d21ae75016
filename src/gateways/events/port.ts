import type { RunEvent } from '../../domain/run/events';

export interface EventsGateway {
  /** At least once. @throws AppError sidecar-unavailable (retryable) when the broker did not take it. */
  publish(event: RunEvent): Promise<void>;
}
