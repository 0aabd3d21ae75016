import type { ApprovalAnswer, ApprovalRule } from '../../domain/run/approval';
import type { AuditEntry } from '../../domain/run/audit';
import type { ChunkProgress } from '../../domain/run/chunk-progress';
import type { Repeats } from '../../domain/run/chunk-repeats';
import type { CarefulRange } from '../../domain/run/chunk-suspicion';
import type { ChunkRef } from '../../domain/ids';
import type { ListingCounts, Quote } from '../../domain/money/quote';
import type { PhaseTimes } from '../../domain/run/receipt';
import type { RunPhase, RunRequest, RunView } from '../../domain/run/run';
import type { Control } from '../../domain/run/facts';
import type { ChunkClose, Command } from '../../domain/run/run-state';
import type { Refusal } from '../../domain/run/transitions';

/**
 * Serial by run id: the live picture of one run and the one place that says whether work may go on. Times are RFC 3339 in
 * UTC, durations milliseconds. `control` says what work has to do from now on.
 *
 * Every method except `begin`, `trouble`, `view` and `forget` throws if the run has not begun or was forgotten.
 *
 * @throws AppError run-not-found; every method also sidecar-unavailable, actor-failed, invalid-request (refused by its schema)
 */
export interface RunActorApi {
  /** Idempotent: the first request stands. */
  begin(request: RunRequest): Promise<{ readonly begun: boolean }>;
  /** The workflow enters a phase. Idempotent; phases never go back. */
  setPhase(input: { readonly phase: RunPhase }): Promise<{ readonly control: Control }>;
  /** Idempotent by page number; pages come in order. `settled`: images of chunks that need no work. */
  pageListed(input: { readonly page: number; readonly counts: ListingCounts; readonly settled: number }): Promise<{
    readonly control: Control;
  }>;
  /** What the snapshot counted: the input of the quote. */
  listing(): Promise<{ readonly listing: ListingCounts; readonly confirmShrink: boolean }>;
  /** Decides whether the plan needs an approval; the first question stands. */
  quote(input: { readonly quote: Quote; readonly mayRemove: boolean }): Promise<{
    readonly control: Control;
    readonly needsApproval: boolean;
  }>;
  /**
   * May the run spend? Asked again after `waitMs` milliseconds, or when the owner has said something; 0: nothing to wait for.
   * A question that has expired cancels the run.
   */
  seekApproval(): Promise<{ readonly control: Control; readonly waitMs: number }>;
  /** Idempotent: the first consent stands, and another one is refused. `maxTransactions`: transactions, 0 or more. */
  approve(
    input: Omit<ApprovalAnswer, 'approved' | 'reason'> & { readonly who?: string; readonly how?: string },
  ): Promise<ApproveReply>;
  /** Bitmask of the chunks of a page that are done; `repeats`, by chunk: those that were begun and are open, or were repeated. */
  pageDone(input: {
    readonly page: number;
  }): Promise<{ readonly done: number; readonly repeats: Readonly<Record<string, Repeats>> }>;
  /** Asks to work on a chunk; `wait` is asked again soon. */
  openChunk(input: {
    readonly ref: ChunkRef;
    readonly attempt: string;
    /** The process that asks; a chunk that one process after another opens ends them. */
    readonly process?: string;
  }): Promise<OpenChunkResult>;
  /** Absolute progress of the chunks one process works on; renews their leases. Every 400 ms, and dead after 5 s without. */
  report(input: ReportInput): Promise<ReportResult>;
  /** Of a careful chunk: its range was worked on and the process lives. Answers the next range. */
  clearChunk(input: { readonly ref: ChunkRef; readonly upTo: number }): Promise<{ readonly careful?: CarefulRange }>;
  /** All work on a chunk has ended. Idempotent: the first complete close counts. */
  closeChunk(
    input: ChunkClose & {
      readonly attempt: string;
      /** Deliveries that joined this execution. */
      readonly joined?: number;
    },
  ): Promise<{ readonly control: Control }>;
  /** Idempotent: said again it is accepted and changes nothing. Which word is refused when: domain/run/transitions.ts. */
  command(input: {
    readonly verb: Command;
    readonly reason?: string;
    /** Default `system`. */
    readonly who?: string;
    /** How that name is known: domain/caller.ts. */
    readonly how?: string;
    /** With `resume`: another cap from now on, in transactions. */
    readonly maxTransactions?: number;
  }): Promise<CommandReply>;
  /** What this run was told, oldest first. */
  audit(): Promise<{ readonly entries: readonly AuditEntry[] }>;
  /** Another run tries this one's failures again. Idempotent by that run. */
  retried(input: {
    readonly by: string;
    readonly who?: string;
    /** How that name is known: domain/caller.ts. */
    readonly how?: string;
    readonly reason?: string;
  }): Promise<{ readonly run: RunView }>;
  /** A step failed and will be tried again: shown for 75 s as the reason why nothing moves. Not durable. */
  trouble(input: { readonly reason: string }): Promise<{ readonly noted: true }>;
  /** All work has stopped after a pause; or the workflow has heard that it is over. `waitMs`: 1,000 or more, until Vision may be asked. */
  paused(): Promise<{ readonly control: Control; readonly waitMs?: number }>;
  /** Decides what the run ends as, answers it, and shows it as it was until `end`. Idempotent: the first seal stands. */
  seal(input: { readonly failure?: string }): Promise<{ readonly run: RunView }>;
  /** Tells the end, sealed or not. Idempotent: the first end stands. */
  end(input: { readonly failure?: string }): Promise<{ readonly run: RunView }>;
  /** What work has to do now, and nothing else: asked every second by what takes long. */
  control(): Promise<{ readonly control: Control }>;
  /** `wake`: the workflow rests although it need not: its event was lost. */
  view(): Promise<{
    readonly run?: RunView;
    readonly mayRemove?: boolean;
    readonly wake?: boolean;
    readonly pages?: number;
    /** Its end is decided and not told yet. */
    readonly sealed?: true;
    /** When each phase began. */
    readonly phaseTimes?: PhaseTimes;
    /** When it had to ask for approval, whether it came to that or not. */
    readonly approvalRule?: ApprovalRule;
  }>;
  /** Deletes the state of a run that has ended; false for one that goes on. Idempotent. */
  forget(): Promise<{ readonly forgotten: boolean }>;
}

/** One report of one process on its chunks of a run. */
export interface ReportInput {
  readonly chunks: readonly ExecutionProgress[];
  /** Who reports, and its how manyeth report this is: a report may arrive twice. */
  readonly session?: string;
  readonly seq?: number;
  /** Calls this process could start before its next report. */
  readonly want?: number;
  /** Calls it was granted before and did not start: they are given back. */
  readonly unused?: number;
  /** Price of one of these calls; 1 or more. */
  readonly transactionsPerCall?: number;
  /** Transactions this session has made without grants, in all. */
  readonly made?: number;
}

/** How far one execution of a chunk is. */
export interface ExecutionProgress {
  readonly ref: ChunkRef;
  readonly attempt: string;
  readonly progress: ChunkProgress;
}

/** May the work on a chunk begin? */
export type OpenChunkResult =
  /**
   * `careful`: earlier executions died; see domain/run/chunk-suspicion.ts. `pricedOnly`: nothing may be called for that is
   * not in the quote.
   */
  | {
      readonly state: 'granted';
      readonly mayRemove: boolean;
      readonly careful?: CarefulRange;
      readonly pricedOnly?: true;
    }
  | { readonly state: 'wait' }
  /** Closed already, by whatever execution. */
  | { readonly state: 'done' }
  | { readonly state: 'stop'; readonly control: Control };

/** What a process may do until its next report. */
export interface ReportResult {
  readonly control: Control;
  /** Chunk ids whose lease another execution holds now: stop them. */
  readonly lost: readonly string[];
  /** Calls that may start before they grow stale; `unlimited` when nobody counts. */
  readonly calls: number | 'unlimited';
  /** Why it is fewer than wanted, in a sentence, when it is not just the rate. */
  readonly limit?: string;
}

/** What became of a word to the run. */
export interface CommandReply {
  readonly accepted: boolean;
  /** As it is now; of a refused word with an end that is not told yet. */
  readonly run: RunView;
  /** The workflow rests and has to hear of it: raise RUN_CONTROL_EVENT. True once in 10 s at most. */
  readonly wake: boolean;
  /** Of a refused word: its reason, as in domain/run/transitions.ts. */
  readonly why?: Refusal;
}

/** What became of a consent. */
export interface ApproveReply extends CommandReply {
  /** The hash of the plan that stands, where the answer named another. */
  readonly planHash?: string;
  /** A consent with another maximum stands. */
  readonly isApproved?: true;
}
