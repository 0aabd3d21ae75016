/** What probes ask. */
export interface HealthUseCases {
  /**
   * Whether this replica may take traffic, and what was checked. With `isVerbose` services that do not count are checked too,
   * for three seconds at most. Never throws for what does not answer.
   */
  health(isVerbose: boolean): Promise<HealthReport>;
}

/** Whether this replica is ready, and why not. */
export interface HealthReport {
  /** May this replica take traffic? Its own worker and sidecar count; Azure does not. */
  readonly ready: boolean;
  /** By what is checked; `detail`: a sentence where it is not ok. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}
