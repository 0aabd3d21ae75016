import type { FirstCalls } from './first-calls';
import type { Permit } from './run-session';

/** What the work on an image knows of the chunk, or the sample, that it is done for. */
export interface ChunkContext {
  readonly container: string;
  readonly runId: string;
  /** When the run began; absent where an older build scheduled it. */
  readonly startedAt?: string;
  readonly chunkId: string;
  /** What Vision is asked for; absent: as configured. */
  readonly features?: readonly string[];
  /** Nothing may be called for that is not in the quote of the run. */
  readonly pricedOnly?: true;
  readonly permit: () => Promise<Permit>;
  /** A permit and one of the calls of so many transactions that the quota grants. */
  readonly callPermit: (transactions: number) => Promise<Permit>;
  /** Such a call was not made, or was refused before it was billed. */
  readonly callUnused: (transactions: number) => void;
  /** Shared by everything that this process does for the run. Absent: few work side by side anyway. */
  readonly firstCalls?: FirstCalls;
  /** How long others wait for a call that its owner left behind. Default CLAIM_MS. */
  readonly claimMs?: number;
  /** No document is saved: what others left to be told stays for who saves one. */
  readonly savesNothing?: true;
  /** An image has started or ended its call. */
  readonly inFlight: (change: 1 | -1) => void;
  /** Nobody waits for the chunk any more: nothing more is saved, and what was paid for stays in the cache. */
  readonly signal?: AbortSignal;
  /** Why this image does not go on, where that takes long. */
  readonly trouble: (message: string) => void;
}
