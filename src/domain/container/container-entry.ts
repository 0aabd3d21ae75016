import type { Counters } from '../counters';
import type { ImageStatus } from '../image/image';

/** What is known of a container without asking its actor: the actor's answer at the last milestone. */
export interface ContainerEntry {
  readonly container: string;
  readonly images: ImageTotals;
  readonly activeRun?: string;
  readonly lastRun?: string;
  /** RFC 3339, UTC. */
  readonly updatedAt: string;
}

export interface ImageTotals extends Pick<Counters, ImageStatus> {
  /** Removed ones left out. */
  readonly total: number;
}
