/** What is known of a container without asking its actor: as its actor said at the last milestone. */
export interface ContainerEntry {
  readonly container: string;
  readonly images: ImageTotals;
  readonly activeRun?: string;
  readonly lastRun?: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface ImageTotals {
  /** Removed ones left out. */
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly removed: number;
}
