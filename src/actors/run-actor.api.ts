import type { ChunkProgress } from '../domain/chunk-progress';
import type { ChunkRef } from '../domain/ids';
import type { ListingCounts, Quote } from '../domain/quote';
import type { RunPhase, RunRequest, RunView } from '../domain/run';
import type { ChunkClose, Command, Control } from '../domain/run-state';

/** Serial by run id: the live picture of one run and the one place that says whether work may go on. */
export interface RunActorApi {
  /** Idempotent: the first request stands. */
  begin(request: RunRequest): Promise<{ readonly begun: boolean }>;
  setPhase(input: { readonly phase: RunPhase }): Promise<{ readonly control: Control }>;
  /** Idempotent by page number; pages come in order. `settled`: images of chunks that need no work. */
  pageListed(input: { readonly page: number; readonly counts: ListingCounts; readonly settled: number }): Promise<{
    readonly control: Control;
  }>;
  /** What the snapshot counted: the input of the quote. */
  listing(): Promise<{ readonly listing: ListingCounts; readonly confirmShrink: boolean }>;
  quote(input: { readonly quote: Quote; readonly mayRemove: boolean }): Promise<{ readonly control: Control }>;
  /** Bitmask of the chunks of a page that are done. */
  pageDone(input: { readonly page: number }): Promise<{ readonly done: number }>;
  /** Asks to work on a chunk; `wait` is asked again soon. */
  openChunk(input: { readonly ref: ChunkRef; readonly attempt: string }): Promise<OpenChunkResult>;
  /** Absolute progress of the chunks one process works on; renews their leases. */
  report(input: { readonly chunks: readonly ChunkReport[] }): Promise<ReportResult>;
  closeChunk(input: ChunkClose & { readonly attempt: string }): Promise<{ readonly control: Control }>;
  command(input: { readonly verb: Command; readonly reason?: string }): Promise<CommandReply>;
  /** A step failed and will be tried again: shown as the reason why nothing moves. Not durable. */
  trouble(input: { readonly reason: string }): Promise<{ readonly noted: true }>;
  /** All work has stopped after a pause. */
  paused(): Promise<{ readonly control: Control }>;
  /** Idempotent: the first end stands. */
  end(input: { readonly failure?: string }): Promise<{ readonly run: RunView }>;
  view(): Promise<{ readonly run?: RunView; readonly mayRemove?: boolean }>;
}

export interface ChunkReport {
  readonly ref: ChunkRef;
  readonly attempt: string;
  readonly progress: ChunkProgress;
}

export type OpenChunkResult =
  | { readonly state: 'granted'; readonly mayRemove: boolean }
  | { readonly state: 'wait' }
  /** Closed already, by whatever execution. */
  | { readonly state: 'done' }
  | { readonly state: 'stop'; readonly control: Control };

export interface ReportResult {
  readonly control: Control;
  /** Chunk ids whose lease another execution holds now: stop them. */
  readonly lost: readonly string[];
}

export interface CommandReply {
  readonly accepted: boolean;
  readonly run: RunView;
}
