import type { ExecutionProgress, ReportInput, ReportResult, RunActorApi } from '../actors/run/run-actor.api';
import { defined } from '../domain/defined';
import { AppError } from '../domain/errors';
import { type ChunkRef, chunkId } from '../domain/ids';
import { FRESH_MS, REPORT_INTERVAL_MS } from '../domain/run/chunk-lease';
import type { ChunkProgress } from '../domain/run/chunk-progress';
import type { CarefulRange } from '../domain/run/chunk-suspicion';
import type { Control } from '../domain/run/facts';
import type { Clock } from './clock';
import { FirstCalls } from './first-calls';
import { GrantedCalls } from './granted-calls';

/**
 * What one process does for one run: reports all its chunks in one call every REPORT_INTERVAL_MS, and passes on what the
 * run actor answers (pause, cancel, a lost lease). One session a run and process, however many chunks.
 *
 * I1 `permit` answers `go` only while the last report is younger than FRESH_MS (I2 of chunk-lease), counted from when it
 *    was sent: a silent actor stops the calls, it never frees them.
 * I2 A granted call starts within GRANT_MS of its asking or not at all: what is saved up somewhere is a burst elsewhere,
 *    and Vision may have asked everybody to wait meanwhile.
 * I3 A call is granted for what it will be billed as, so that a cap which is just enough is enough: calls that ask for a
 *    single missing feature and calls that ask for all are granted apart.
 * I4 What a report gave back is told again until it was heard, as long as the session lasts: under its own number and before
 *    any later one, so that it counts once.
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
  /** Nothing may be called for that is not in the quote. */
  readonly pricedOnly?: true;
  /** The range that ends at `upTo` is done: what is next? */
  cleared(upTo: number): Promise<CarefulRange | undefined>;
  permit(): Promise<Permit>;
  /** Like `permit`, and one of the calls of so many transactions that this process was granted. */
  callPermit(transactions: number): Promise<Permit>;
  /** Such a call was not made, or was refused before it was billed. */
  callUnused(transactions: number): void;
  /** Of the run in this process. */
  readonly firstCalls: FirstCalls;
  /** `joined`: deliveries that joined this execution. */
  close(progress: ChunkProgress, complete: boolean, joined?: number): Promise<void>;
  /** Stops reporting; the lease runs out by itself. */
  abandon(): void;
}

export interface SessionDeps {
  readonly run: (id: string) => RunActorApi;
  readonly clock: Clock;
  readonly newId: () => string;
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

  /**
   * The process ends: no permit is given and no chunk opened any more, so that what is in flight is the last. The engine
   * hands the chunks to other processes.
   */
  drain(): void {
    this.draining = true;
  }

  /** Waits until nobody else works on the chunk, then holds it. @throws AppError not-ready when this process ends */
  async open(ref: ChunkRef, progress: () => ChunkProgress): Promise<OpenedChunk> {
    const actor = this.deps.run(ref.runId);
    const attempt = this.deps.newId();
    for (;;) {
      if (this.draining)
        throw new AppError('not-ready', 'This process is stopping: another one continues.', { retryable: true });
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
  /** What holds calls back, in words, of whatever price: the last answer says. */
  private limit: string | undefined;
  /** By the transactions of a call (I3). */
  private readonly calls = new Map<number, GrantedCalls>();
  private readonly firstCalls = new FirstCalls();
  private wakeReporter: (() => void) | undefined;
  private readonly id: string;
  /** The last report, where it gave calls back and was not answered (I4). */
  private unheard: ReportInput | undefined;
  private reports = 0;
  /** Of the transactions made without a grant: how many the run actor has heard of. */
  private told = 0;

  constructor(
    private readonly deps: SessionDeps,
    private readonly runId: string,
    private readonly ended: () => void,
    private readonly isDraining: () => boolean,
  ) {
    this.id = deps.newId();
  }

  hold(chunk: HeldChunk, sentMs: number, granted: Pick<ChunkHold, 'mayRemove' | 'careful' | 'pricedOnly'>): ChunkHold {
    const id = chunkId(chunk.ref);
    this.chunks.set(id, chunk);
    this.control = 'run';
    this.freshUntilMs = Math.max(this.freshUntilMs, sentMs + FRESH_MS);
    if (!this.reporting) void this.report();
    return {
      mayRemove: granted.mayRemove,
      ...defined({ careful: granted.careful, pricedOnly: granted.pricedOnly }),
      cleared: async (upTo) => (await this.deps.run(this.runId).clearChunk({ ref: chunk.ref, upTo })).careful,
      permit: () => this.permit(chunk),
      callPermit: (transactions) => this.callPermit(chunk, this.callsOf(transactions)),
      callUnused: (transactions) => this.callsOf(transactions).giveBack(),
      firstCalls: this.firstCalls,
      close: async (progress, complete, joined = 0) => {
        this.chunks.delete(id);
        await this.deps
          .run(this.runId)
          .closeChunk({ ref: chunk.ref, attempt: chunk.attempt, progress, complete, joined });
      },
      abandon: () => this.lose(id),
    };
  }

  private async permit(chunk: HeldChunk): Promise<Permit> {
    for (;;) {
      if (chunk.lost) return 'lost';
      if (this.control !== 'run') return this.control;
      if (this.isDraining()) return 'lost'; // and nobody can open it here again
      if (this.deps.clock.monotonicMs() < this.freshUntilMs) return 'go'; // I1
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  private callsOf(transactions: number): GrantedCalls {
    const known = this.calls.get(transactions);
    if (known) return known;
    const calls = new GrantedCalls();
    this.calls.set(transactions, calls);
    return calls;
  }

  private async callPermit(chunk: HeldChunk, calls: GrantedCalls): Promise<Permit> {
    for (;;) {
      const permit = await this.permit(chunk);
      if (permit !== 'go' || calls.take(this.deps.clock.monotonicMs())) return permit;
      calls.waiting += 1;
      this.wakeReporter?.();
      await new Promise<void>((resolve) => this.waiters.push(resolve));
      calls.waiting -= 1;
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
    if ([...this.calls.values()].some(({ isAsked }) => isAsked)) return this.deps.clock.sleep(REPORT_INTERVAL_MS);
    const asked = new Promise<void>((resolve) => {
      this.wakeReporter = resolve;
    });
    await Promise.race([asked, this.deps.clock.sleep(REPORT_INTERVAL_MS)]);
    this.wakeReporter = undefined;
  }

  /** The progress of all chunks with the calls of one price; the calls of another price follow alone. */
  private async reportOnce(): Promise<void> {
    const prices: Iterable<readonly [number, GrantedCalls | undefined]> =
      this.calls.size > 0 ? this.calls : [[1, undefined]];
    try {
      if (this.unheard) await this.send(this.unheard); // I4
      let chunks: readonly ExecutionProgress[] | undefined = this.progress();
      for (const [price, calls] of prices) {
        const sentMs = this.deps.clock.monotonicMs();
        const { want, unused } = calls?.ask(sentMs) ?? { want: 0, unused: 0 };
        if (chunks === undefined && want + unused === 0) continue;
        const answer = await this.send(this.reportOf(chunks ?? [], want, unused, price));
        chunks = undefined;
        this.control = answer.control;
        this.freshUntilMs = Math.max(this.freshUntilMs, sentMs + FRESH_MS);
        if (answer.calls !== 'unlimited') for (const each of this.calls.values()) each.limited();
        this.limit = answer.limit;
        if (answer.limit !== undefined) for (const each of this.calls.values()) each.heldBack(sentMs);
        calls?.granted(answer.calls, sentMs);
        for (const id of answer.lost) this.lose(id);
      }
    } catch {
      // The actor is unreachable: leases stay stale and no call starts. The next report tries again.
    }
  }

  private async send(report: ReportInput): Promise<ReportResult> {
    if (report.unused) this.unheard = { ...report, chunks: [], want: 0 };
    const answer = await this.deps.run(this.runId).report(report);
    this.unheard = undefined;
    this.told = report.made ?? 0;
    return answer;
  }

  /** What was granted and not used goes back, or a run that ends would leave it booked; what was made ungranted is told. */
  private async settle(): Promise<void> {
    if (this.unheard) await this.offer(this.unheard);
    for (const [price, calls] of this.calls) {
      if (this.chunks.size > 0) return;
      const unused = calls.rest();
      if (unused > 0) await this.offer(this.reportOf([], 0, unused, price));
    }
    if (this.made !== this.told) await this.offer(this.reportOf([], 0, 0, 1));
  }

  private async offer(last: ReportInput): Promise<void> {
    for (let tries = 1; tries <= SETTLE_TRIES && this.chunks.size === 0; tries += 1) {
      try {
        await this.send(last);
        return;
      } catch {
        await this.deps.clock.sleep(REPORT_INTERVAL_MS); // the same number: it counts once
      }
    }
  }

  /** Transactions of the calls made without a grant, in all. */
  private get made(): number {
    return [...this.calls].reduce((sum, [price, { made }]) => sum + price * made, 0);
  }

  /** Numbered, so that one that arrives twice gives its unused calls back once. */
  private reportOf(
    chunks: readonly ExecutionProgress[],
    want: number,
    unused: number,
    transactionsPerCall: number,
  ): ReportInput {
    const { made } = this;
    const report = { chunks, session: this.id, seq: this.reports++, want, unused, transactionsPerCall };
    return made === this.told && made === 0 ? report : { ...report, made };
  }

  /** Tells a chunk that does not know why it waits what holds back the calls of this process. */
  private progress(): ExecutionProgress[] {
    const held = defined({ waiting: this.limit });
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
