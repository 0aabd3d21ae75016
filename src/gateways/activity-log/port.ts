import type { Page, PageRequest } from '../../domain/page';

/** What happened to a container, written from the events that came back from pub/sub (Cosmos DB `AnalysisResult/Activity`). */
export interface ActivityLogGateway {
  /** Create-only by event id: a duplicate delivery answers `false` and changes nothing. */
  record(entry: ActivityEntry): Promise<boolean>;
  /** Newest first by `time`. */
  list(container: string, page: PageRequest): Promise<Page<ActivityEntry>>;
}

export interface ActivityEntry {
  /** Id of the CloudEvent. */
  readonly id: string;
  readonly container: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: unknown;
}
