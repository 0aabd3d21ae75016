import type { ChunkReport, ReportInput, RunActorApi } from '../actors/run-actor.api';
import { FRESH_MS, REPORT_INTERVAL_MS } from '../domain/chunk-lease';
import type { ChunkProgress } from '../domain/chunk-progress';
import type { CarefulRange } from '../domain/chunk-suspicion';
import { type ChunkRef, chunkId } from '../domain/ids';
import type { Control } from '../domain/run-state';
import type { Clock } from './clock';
import { GrantedCalls } from './granted-calls';

/**
 * What one process does for one run: reports all its chunks in one call every REPORT_INTERVAL_MS, and passes on what the
 * run actor answers (pause, cancel, a lost lease). One session a run and process, however many chunks.
 *
 * I1 `permit` answers `go` only while the last report is younger than FRESH_MS (I2 of chunk-lease), counted from when it
 *    was sent: a silent actor stops the calls, it never frees them.
 * I2 A granted call starts within GRANT_MS or not at all: what is saved up somewhere is a burst elsewhere.
 */
export type Permit = 'go' | 'lost' | Exclude<Control, 'run'>;

export type OpenedChunk =
  | { readonly state: 'granted'; readonly chunk: ChunkHold }
  | { readonly state: 'done' }
  | { readonly state: 'stop'; readonly control: Exclude<Control, 'run'> };

export interface ChunkHold {
  readonly mayRemove: boolean;
  /** Earlier executions of this chunk died: work on this range alone, then on what follows. */
  readonly careful?: CarefulRange;
  /** The range that ends at `upTo` is done: what is next? */
  cleared(upTo: number): Promise<CarefulRange | undefined>;
  permit(): Promise<Permit>;
  /** Like `permit`, and one of the calls that this process was granted. */
  callPermit(): Promise<Permit>;
  /** The call of the last `callPermit` was not made, or was refused before it was billed. */
  callUnused(): void;
  close(progress: ChunkProgress, complete: boolean): Promise<void>;
  /** Stops reporting; the lease runs out by itself. */
  abandon(): void;
}

export interface SessionDeps {
  readonly run: (id: string) => RunActorApi;
  readonly clock: Clock;
  readonly newId: () => string;
  /** What one call is billed as. */
  readonly transactionsPerCall: () => number;
}

interface HeldChunk {
  readonly ref: ChunkRef;
  readonly attempt: string;
  readonly progress: () => ChunkProgress;
  lost: boolean;
}

/** How often the last report of a session is offered to an actor that does not answer. */
const SETTLE_TRIES = 5;

export class RunSessions {
  private readonly sessions = new Map<string, RunSession>();
  private draining = false;
  private readonly process: string;

  constructor(private readonly deps: SessionDeps) {
    this.process = deps.newId();
  }

  /** The process ends: no permit is given any more, so that what is in flight is the last. */
  drain(): void {
    this.draining = true;
  }

  /** Waits until nobody else works on the chunk, then holds it. */
  async open(ref: ChunkRef, progress: () => ChunkProgress): Promise<OpenedChunk> {
    const actor = this.deps.run(ref.runId);
    const attempt = this.deps.newId();
    for (;;) {
      const sentMs = this.deps.clock.monotonicMs();
      const answer = await actor.openChunk({ ref, attempt, process: this.process });
      if (answer.state === 'done') return { state: 'done' };
      if (answer.state === 'stop') return { state: 'stop', control: answer.control as Exclude<Control, 'run'> };
      if (answer.state === 'granted') {
        const chunk = this.session(ref.runId).hold({ ref, attempt, progress, lost: false }, sentMs, answer);
        return { state: 'granted', chunk };
      }
      await this.deps.clock.sleep(REPORT_INTERVAL_MS);
    }
  }

  private session(runId: string): RunSession {
    const known = this.sessions.get(runId);
    if (known) return known;
    const session = new RunSession(
      this.deps,
      runId,
      () => this.sessions.delete(runId),
      () => this.draining,
    );
    this.sessions.set(runId, session);
    return session;
  }
}

class RunSession {
  private readonly chunks = new Map<string, HeldChunk>();
  private readonly waiters: (() => void)[] = [];
  private control: Control = 'run';
  private freshUntilMs = 0;
  private reporting = false;
  private readonly calls = new GrantedCalls();
  private wakeReporter: (() => void) | undefined;
  private readonly id: string;
  private reports = 0;
  /** Of the calls made without a grant: how many the run actor has heard of. */
  private told = 0;

  constructor(
    private readonly deps: SessionDeps,
    private readonly runId: string,
    private readonly ended: () => void,
    private readonly isDraining: () => boolean,
  ) {
    this.id = deps.newId();
  }

  hold(chunk: HeldChunk, sentMs: number, granted: Pick<ChunkHold, 'mayRemove' | 'careful'>): ChunkHold {
    const id = chunkId(chunk.ref);
    this.chunks.set(id, chunk);
    this.control = 'run';
    this.freshUntilMs = Math.max(this.freshUntilMs, sentMs + FRESH_MS);
    if (!this.reporting) void this.report();
    return {
      mayRemove: granted.mayRemove,
      ...(granted.careful && { careful: granted.careful }),
      cleared: async (upTo) => (await this.deps.run(this.runId).clearChunk({ ref: chunk.ref, upTo })).careful,
      permit: () => this.permit(chunk),
      callPermit: () => this.callPermit(chunk),
      callUnused: () => this.calls.giveBack(),
      close: async (progress, complete) => {
        this.chunks.delete(id);
        await this.deps.run(this.runId).closeChunk({ ref: chunk.ref, attempt: chunk.attempt, progress, complete });
      },
      abandon: () => this.lose(id),
    };
  }

  private async permit(chunk: HeldChunk): Promise<Permit> {
    for (;;) {
      if (chunk.lost) return 'lost';
      if (this.control !== 'run') return this.control;
      if (this.isDraining()) return new Promise(() => {}); // another process takes the chunk when this one is gone
      if (this.deps.clock.monotonicMs() < this.freshUntilMs) return 'go'; // I1
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  private async callPermit(chunk: HeldChunk): Promise<Permit> {
    for (;;) {
      const permit = await this.permit(chunk);
      if (permit !== 'go' || this.calls.take(this.deps.clock.monotonicMs())) return permit;
      this.calls.waiting += 1;
      this.wakeReporter?.();
      await new Promise<void>((resolve) => this.waiters.push(resolve));
      this.calls.waiting -= 1;
    }
  }

  private async report(): Promise<void> {
    this.reporting = true;
    do {
      while (this.chunks.size > 0) {
        await this.untilNextReport();
        if (this.chunks.size === 0) break;
        await this.reportOnce();
        for (const wake of this.waiters.splice(0)) wake();
      }
      await this.settle();
    } while (this.chunks.size > 0);
    this.reporting = false;
    for (const wake of this.waiters.splice(0)) wake();
    this.ended();
  }

  /** The interval, cut short once: the very first call waits for no full one. */
  private async untilNextReport(): Promise<void> {
    if (this.calls.isAsked) return this.deps.clock.sleep(REPORT_INTERVAL_MS);
    const asked = new Promise<void>((resolve) => {
      this.wakeReporter = resolve;
    });
    await Promise.race([asked, this.deps.clock.sleep(REPORT_INTERVAL_MS)]);
    this.wakeReporter = undefined;
  }

  private async reportOnce(): Promise<void> {
    const { clock, run } = this.deps;
    const sentMs = clock.monotonicMs();
    const { want, unused } = this.calls.ask(sentMs);
    const report = this.reportOf(this.progress(), want, unused);
    try {
      const { control, lost, calls, limit } = await run(this.runId).report(report);
      this.told = report.made ?? 0;
      this.control = control;
      this.freshUntilMs = Math.max(this.freshUntilMs, sentMs + FRESH_MS);
      this.calls.granted(calls, clock.monotonicMs(), limit);
      for (const id of lost) this.lose(id);
    } catch {
      // The actor is unreachable: leases stay stale and no call starts. The next report tries again.
    }
  }

  /** What was granted and not used goes back, or a run that ends would leave it booked; what was made ungranted is told. */
  private async settle(): Promise<void> {
    const unused = this.calls.rest();
    if (unused === 0 && this.calls.made === this.told) return;
    const last = this.reportOf([], 0, unused);
    for (let tries = 1; tries <= SETTLE_TRIES && this.chunks.size === 0; tries += 1) {
      try {
        await this.deps.run(this.runId).report(last);
        this.told = last.made ?? 0;
        return;
      } catch {
        await this.deps.clock.sleep(REPORT_INTERVAL_MS); // the same number: it counts once
      }
    }
  }

  /** Numbered, so that one that arrives twice gives its unused calls back once. */
  private reportOf(chunks: readonly ChunkReport[], want: number, unused: number): ReportInput {
    const transactionsPerCall = this.deps.transactionsPerCall();
    const { made } = this.calls;
    const report = { chunks, session: this.id, seq: this.reports++, want, unused, transactionsPerCall };
    return made === this.told && made === 0 ? report : { ...report, made };
  }

  /** A chunk that does not know why it waits is told what holds the calls of this process back. */
  private progress(): ChunkReport[] {
    const { limit } = this.calls;
    const held = limit === undefined ? {} : { waiting: limit };
    return [...this.chunks.values()].map(({ ref, attempt, progress }) => ({
      ref,
      attempt,
      progress: { ...held, ...progress() },
    }));
  }

  private lose(id: string): void {
    const chunk = this.chunks.get(id);
    if (chunk) chunk.lost = true;
    this.chunks.delete(id);
  }
}
