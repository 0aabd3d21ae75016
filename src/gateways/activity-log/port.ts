import type { Page, PageRequest } from '../../domain/page';

/**
 * What happened to a container, written from the events that came back from pub/sub (Cosmos DB `AnalysisResult/Activity`).
 *
 * Every method: @throws AppError results-unavailable (retryable), results-forbidden.
 */
export interface ActivityLogGateway {
  /** Create-only by event id: a duplicate delivery answers `false` and changes nothing. */
  record(entry: ActivityEntry): Promise<boolean>;
  /** Newest first by `time`. @throws AppError invalid-request for a continuation that is not of this list */
  list(container: string, page: PageRequest): Promise<Page<ActivityEntry>>;
}

/** One CloudEvent of a container (CloudEvents 1.0). */
export interface ActivityEntry {
  /** Id of the CloudEvent. */
  readonly id: string;
  readonly container: string;
  /** What happened, as in EVENT_TYPES of src/names.ts. */
  readonly type: string;
  /** `containers/<name>/runs/<id>`. */
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly data: unknown;
}
