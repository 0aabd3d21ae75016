import { type AuditEntry, type AuditVerb, noted } from '../../domain/run/audit';
import { isAlive, type Lease, mayHold, SETTLE_MS } from '../../domain/run/chunk-lease';
import { covered, NO_PROGRESS } from '../../domain/run/chunk-progress';
import {
  beganAgain,
  joinedBy,
  ONCE,
  type Repeats,
  type RepeatsByChunk,
  repeatsKey,
} from '../../domain/run/chunk-repeats';
import { type ChunkSet, hasChunk, shardOf } from '../../domain/run/chunk-set';
import { carefulRange, cleared, reopened, type Suspicion } from '../../domain/run/chunk-suspicion';
import { AppError } from '../../domain/errors';
import { type ChunkRef, chunkId, parseChunkId } from '../../domain/ids';
import type { CallsMade } from '../../domain/money/unbooked-calls';
import { callsPerSecond, hold } from '../../domain/run/pace';
import type { LeaseRequest } from '../../domain/quota/quota';
import { MAX_RETRY_AFTER_MS } from '../../domain/retry';
import { isFinal, type RunRequest, type RunView } from '../../domain/run/run';
import {
  type BudgetReport,
  callsLeft,
  countMade,
  giveBackUnused,
  NOTHING_RESERVED,
  reserve,
} from '../../domain/money/run-budget';
import { silenceOf } from '../../domain/run/run-silence';
import {
  APPROVAL_EXPIRED,
  approve,
  closeChunk,
  command,
  endRun,
  enterPhase,
  isHeld,
  listPage,
  needsWake,
  newRun,
  paused,
  type RunState,
  retried,
  sealRun,
  seekApproval,
  setQuote,
  shown,
  stopAtBudget,
  throttle,
  viewOf,
} from '../../domain/run/run-state';
import type { ChunkReport, OpenChunkResult, ReportInput, ReportResult, RunActorApi } from './run-actor.api';
import { type ActorStore, VersionedState } from '../versioned-state';
import type { VisionQuotaActorApi } from '../quota/vision-quota-actor.api';

/**
 * The live picture of one run (invariants: domain/run/run-state.ts, domain/run/chunk-lease.ts).
 *
 * What is kept beside the state does not survive a move of the actor: whoever works reports again within a second, and
 * nobody is given a chunk before that.
 */
export class RunActorLogic implements RunActorApi {
  private readonly state: VersionedState<RunState>;
  private readonly leases = new Map<string, Lease>();
  private readonly activatedAtMs: number;
  private latestTrouble: { readonly reason: string; readonly atMs: number } | undefined;
  /** When work was last seen to go on, beside what the state tells. */
  private movedAtMs: number;
  /** When somebody was last told to wake the workflow; a word too many costs its history two rows. */
  private wokenAtMs = Number.NEGATIVE_INFINITY;
  /** When calls were granted last; after a move, by whom and when is not known. */
  private grantedAtMs: number;
  /** The run began in this activation: nobody can be working on it unseen. */
  private bornHere = false;

  constructor(
    store: ActorStore,
    private readonly nowMs: () => number,
    /** Absent: calls are not counted. */
    private readonly quota?: Pick<VisionQuotaActorApi, 'lease' | 'giveBack'>,
    /** For intervals: a wall clock that is set back would keep the chunk of a dead process alive. */
    private readonly monotonicMs: () => number = nowMs,
  ) {
    this.state = new VersionedState(store);
    this.activatedAtMs = monotonicMs();
    this.grantedAtMs = this.activatedAtMs;
    this.movedAtMs = nowMs();
  }

  async begin(request: RunRequest) {
    if (await this.state.head()) return { begun: false };
    await this.state.commit(newRun(request));
    this.bornHere = true;
    return { begun: true };
  }

  async setPhase({ phase }: Parameters<RunActorApi['setPhase']>[0]) {
    return this.change((state) => enterPhase(state, phase, this.now()));
  }

  async pageListed({ page, counts, settled }: Parameters<RunActorApi['pageListed']>[0]) {
    return this.change((state) => listPage(state, page, counts, settled, this.now()));
  }

  async listing() {
    const state = await this.load();
    return { listing: state.listing, confirmShrink: state.request.confirmShrink };
  }

  async quote({ quote, mayRemove }: Parameters<RunActorApi['quote']>[0]) {
    const state = setQuote(await this.load(), quote, mayRemove, this.now());
    await this.state.commit(state);
    return { control: state.control, needsApproval: state.approval !== undefined };
  }

  async seekApproval() {
    const before = await this.load();
    const expiresAtMs = Date.parse(before.approval?.expiresAt ?? '');
    const { state, waitMs } = seekApproval(before, this.nowMs(), expiresAtMs, this.now());
    if (state.resting) this.wokenAtMs = Number.NEGATIVE_INFINITY;
    if (state.control !== before.control) await this.note(before, state, 'expire', SYSTEM, APPROVAL_EXPIRED);
    else if (state !== before) await this.state.commit(state);
    return { control: state.control, waitMs };
  }

  async approve({ who = SYSTEM, ...answer }: Parameters<RunActorApi['approve']>[0]) {
    const before = await this.load();
    const result = approve(before, answer, this.now());
    if (!result.accepted) {
      const refused = { accepted: false, run: this.decided(before), wake: false };
      if ('planHash' in result) return { ...refused, planHash: result.planHash };
      return 'isApproved' in result ? { ...refused, isApproved: true as const } : refused;
    }
    if (result.state !== before) await this.note(before, result.state, 'approve', who, undefined);
    return { accepted: true, run: this.viewOf(result.state), wake: this.wake(result.state) };
  }

  async pageDone({ page }: Parameters<RunActorApi['pageDone']>[0]) {
    await this.load();
    const ofPage = `${page}.`;
    const known = Object.entries(await this.repeats(page)).filter(([key]) => key.startsWith(ofPage));
    const open = Object.keys(await this.suspicions(page)).flatMap((id) => {
      const ref = parseChunkId(id);
      return ref?.page === page ? [[String(ref.chunk), ONCE] as const] : [];
    });
    const repeated = known.map(([key, repeats]) => [key.slice(ofPage.length), repeats] as const);
    return {
      done: (await this.doneChunks(page))[page] ?? 0,
      repeats: Object.fromEntries([...open, ...repeated]),
    };
  }

  async openChunk({ ref, attempt, process = '' }: Parameters<RunActorApi['openChunk']>[0]): Promise<OpenChunkResult> {
    const state = await this.load();
    if (isFinal(state.status)) return { state: 'done' };
    if (hasChunk(await this.doneChunks(ref.page), ref)) {
      await this.state.commit(state, await this.joined(ref, 1));
      return { state: 'done' };
    }
    const id = chunkId(ref);
    const lease = this.leases.get(id);
    const isSettled = this.bornHere || this.monotonicMs() - this.activatedAtMs >= SETTLE_MS;
    if (!lease && !isSettled) return { state: 'wait' }; // I3 of chunk-lease
    if (!mayHold(lease, attempt, this.monotonicMs())) return { state: 'wait' }; // I1 of chunk-lease
    // Only now: whoever is told to stop may add up what this chunk has saved, so nobody else may still be saving.
    if (state.control !== 'run') return { state: 'stop', control: state.control };
    const known = await this.suspicion(ref);
    const suspicion = reopened(known, process);
    const isToldAgain = lease?.attempt === attempt; // its answer was lost
    const wasBegun = known !== undefined || id in state.partial;
    await this.suspect(state, ref, suspicion, wasBegun && !isToldAgain ? await this.again(ref) : {});
    this.leases.set(id, { attempt, seenAtMs: this.monotonicMs(), progress: NO_PROGRESS });
    this.movedAtMs = this.nowMs();
    const careful = carefulRange(suspicion);
    return { state: 'granted', mayRemove: state.mayRemove, ...(careful && { careful }) };
  }

  async clearChunk({ ref, upTo }: Parameters<RunActorApi['clearChunk']>[0]) {
    const state = await this.load();
    const known = await this.suspicion(ref);
    if (!known) return {};
    const next = known.to === upTo ? cleared(known) : known; // a repeated answer clears nothing more
    await this.suspect(state, ref, next);
    const careful = carefulRange(next);
    return careful ? { careful } : {};
  }

  async report(input: ReportInput): Promise<ReportResult> {
    const { chunks, want = 0, unused = 0, transactionsPerCall = 1, session = '', seq = 0, made } = input;
    const before = await this.load();
    const told = made === undefined ? undefined : { session, transactions: made };
    const state = await this.settle(before, { session, seq, unused: unused * transactionsPerCall }, told);
    const lost: string[] = [];
    for (const chunk of chunks) {
      // A report may overtake the close of its chunk, or come from a process that stood still: it is counted already.
      const isOver = isFinal(state.status) || hasChunk(await this.doneChunks(chunk.ref.page), chunk.ref);
      if (isOver || !this.renew(chunk)) lost.push(chunkId(chunk.ref));
    }
    const ask = { asker: session, transactionsPerCall, ...(told && { made: told }) };
    if (state.control !== 'run') {
      if (told) await this.lease(state, { ...ask, want: 0 });
      return { control: state.control, lost, calls: 0 };
    }
    const { control, calls, limit } = await this.grant(state, { ...ask, want });
    return { control, lost, calls, ...(limit !== undefined && { limit }) };
  }

  /** What was granted and not spent goes back to the run's cap and to the month, once, whatever the run does by now. */
  private async settle(before: RunState, report: BudgetReport, made: CallsMade | undefined): Promise<RunState> {
    const known = before.budget ?? NOTHING_RESERVED;
    const returned = report.unused === 0 ? known : giveBackUnused(known, report); // I2 of run-budget
    const budget = made === undefined ? returned : countMade(returned, made); // I3 of run-budget
    if (budget === known) return before;
    const state = await this.state.commit({ ...before, budget });
    if (returned !== known) {
      await this.quota?.giveBack({ container: before.request.container, transactions: report.unused });
    }
    return state;
  }

  /** Calls against the run's cap, then against the quota. Reserved before anybody hears of them (I1 of run-budget). */
  private async grant(before: RunState, ask: Ask): Promise<Omit<ReportResult, 'lost'>> {
    const { maxTransactions, control, budget = NOTHING_RESERVED } = before;
    const { want, transactionsPerCall: each } = ask;
    const left = maxTransactions === undefined ? want : callsLeft(budget, maxTransactions, each);
    const wanted = Math.min(want, left);
    const lease = await this.lease(before, { ...ask, want: wanted });
    if (lease?.limit === 'month' && want > 0) return this.stopped(stopAtBudget(before, LIMITS.month, this.now()));
    const { pausedForMs = 0 } = lease ?? {};
    if (pausedForMs > MAX_RETRY_AFTER_MS && want > 0) {
      return this.stopped(throttle(before, new Date(this.nowMs() + pausedForMs).toISOString(), this.now()));
    }
    const limit = lease?.limit === undefined ? {} : { limit: LIMITS[lease.limit] };
    const leased = lease?.calls ?? 'unlimited';
    if (leased === 'unlimited' && maxTransactions === undefined) return { control, calls: leased, ...limit };
    // Calls that were granted and not started come back within a second; only then is the cap really reached.
    if (want > 0 && left === 0 && this.monotonicMs() - this.grantedAtMs > GRANTS_RETURN_MS) {
      const reason = `The cap of ${maxTransactions} transactions is reached; resume with a higher one.`;
      return this.stopped(stopAtBudget(before, reason, this.now()));
    }
    const calls = leased === 'unlimited' ? wanted : leased;
    if (calls > 0) {
      this.grantedAtMs = this.monotonicMs();
      await this.state.commit({ ...before, budget: reserve(budget, calls * each) });
    }
    return { control, calls, ...limit };
  }

  /** A run with a cap of its own is granted numbers, so that what it spends is booked with them. */
  private async lease({ request, maxTransactions }: RunState, ask: Ask) {
    const capped = maxTransactions === undefined ? {} : ({ counted: true } as const);
    return this.quota?.lease({ runId: request.id, container: request.container, ...ask, ...capped });
  }

  private async stopped(state: RunState) {
    await this.state.commit(this.timed(state));
    return { control: state.control, calls: 0 };
  }

  async closeChunk({ ref, attempt, progress, complete, joined = 0 }: Parameters<RunActorApi['closeChunk']>[0]) {
    const id = chunkId(ref);
    if (this.leases.get(id)?.attempt === attempt) this.leases.delete(id);
    const before = await this.load();
    const shard = await this.doneChunks(ref.page);
    const { state, closed } = closeChunk(before, shard, { ref, progress, complete }, this.now());
    const { [id]: _, ...suspicions } = await this.suspicions(ref.page);
    const repeats = joined > 0 ? await this.joined(ref, joined) : {};
    const parts = { [doneKey(ref.page)]: closed, [openKey(ref.page)]: suspicions, ...repeats };
    if (state !== before) await this.state.commit(state, parts);
    return { control: state.control };
  }

  async command({ verb, reason, who = SYSTEM, maxTransactions }: Parameters<RunActorApi['command']>[0]) {
    const before = await this.load();
    const result = command(before, verb, reason, this.now(), maxTransactions);
    if (!result.accepted) return { accepted: false, run: this.decided(before), wake: false };
    const state = result.state === before ? before : this.timed(result.state);
    if (state !== before) await this.note(before, state, verb, who, reason);
    return { accepted: true, run: this.viewOf(state), wake: this.wake(state) };
  }

  async audit() {
    await this.load();
    return { entries: await this.trail() };
  }

  async retried({ by, who = SYSTEM, reason }: Parameters<RunActorApi['retried']>[0]) {
    const before = await this.load();
    const state = retried(before, by, this.now());
    if (state !== before) await this.note(before, state, 'retry', who, reason);
    return { run: this.viewOf(state) };
  }

  async trouble({ reason }: Parameters<RunActorApi['trouble']>[0]) {
    this.latestTrouble = { reason, atMs: this.monotonicMs() };
    return { noted: true as const };
  }

  async paused() {
    const { control, throttledUntil } = await this.changed((before) => {
      const state = paused(before, this.now());
      return state === before ? before : this.timed(state);
    });
    this.wokenAtMs = Number.NEGATIVE_INFINITY; // another rest
    if (control !== 'throttled' || throttledUntil === undefined) return { control };
    return { control, waitMs: Math.max(1_000, Date.parse(throttledUntil) - this.nowMs()) };
  }

  async seal({ failure }: Parameters<RunActorApi['seal']>[0]) {
    return this.closed((state) => sealRun(state, failure, this.now()));
  }

  async end({ failure }: Parameters<RunActorApi['end']>[0]) {
    return this.closed((state) => endRun(state, failure, this.now()));
  }

  /** Nobody works for the run any more. */
  private async closed(apply: (state: RunState) => RunState) {
    const state = await this.changed(apply);
    this.leases.clear();
    return { run: this.decided(state) };
  }

  async view(): ReturnType<RunActorApi['view']> {
    const state = await this.state.head();
    if (!state) return {};
    const { mayRemove, phaseTimes = {}, request } = state;
    const answer = { run: this.viewOf(state), mayRemove, wake: needsWake(state), phaseTimes, pages: state.pagesListed };
    return {
      ...answer,
      ...(state.shownStatus === undefined ? {} : ({ sealed: true } as const)),
      ...(request.approval === undefined ? {} : { approvalRule: request.approval }),
    };
  }

  async forget() {
    const state = await this.state.head();
    if (state && !isFinal(state.status)) return { forgotten: false };
    const pages = Array.from({ length: state?.pagesListed ?? 0 }, (_, page) => page);
    const parts = new Set(pages.flatMap((page) => [doneKey(page), openKey(page), againKey(page)]));
    if (state) await this.state.clear([AUDIT, ...parts]);
    return { forgotten: true };
  }

  /** Commits what somebody's word has changed, with the word itself. */
  private async note(before: RunState, state: RunState, verb: AuditVerb, who: string, reason: string | undefined) {
    const { maxTransactions } = state;
    const isCapSet = maxTransactions !== undefined && maxTransactions !== before.maxTransactions;
    const said = { at: this.now(), who, verb, ...(reason === undefined ? {} : { reason }) };
    const cap = isCapSet ? { maxTransactions } : {};
    const entry: AuditEntry = { ...said, ...cap, from: before.status, to: state.status };
    await this.state.commit(state, { [AUDIT]: noted(await this.trail(), entry) });
  }

  private async trail(): Promise<readonly AuditEntry[]> {
    return (await this.state.part<readonly AuditEntry[]>(AUDIT)) ?? [];
  }

  private wake(state: RunState): boolean {
    if (!needsWake(state) || this.monotonicMs() - this.wokenAtMs < WAKE_INTERVAL_MS) return false;
    this.wokenAtMs = this.monotonicMs();
    return true;
  }

  private async suspicions(page: number): Promise<Readonly<Record<string, Suspicion>>> {
    return (await this.state.part<Record<string, Suspicion>>(openKey(page))) ?? {};
  }

  private async suspicion(ref: ChunkRef): Promise<Suspicion | undefined> {
    return (await this.suspicions(ref.page))[chunkId(ref)];
  }

  /** Durable before the chunk is worked on: the actor may live in the process that the chunk ends. */
  private async suspect(
    state: RunState,
    ref: ChunkRef,
    suspicion: Suspicion,
    repeats: Readonly<Record<string, RepeatsByChunk>> = {},
  ): Promise<void> {
    if (suspicion === (await this.suspicion(ref)) && Object.keys(repeats).length === 0) return;
    const open = { ...(await this.suspicions(ref.page)), [chunkId(ref)]: suspicion };
    await this.state.commit(state, { [openKey(ref.page)]: open, ...repeats });
  }

  private async repeats(page: number): Promise<RepeatsByChunk> {
    return (await this.state.part<RepeatsByChunk>(againKey(page))) ?? {};
  }

  /** The parts of the state that say that the chunk was begun once more. */
  private again(ref: ChunkRef): Promise<Record<string, RepeatsByChunk>> {
    return this.repeated(ref, beganAgain);
  }

  private joined(ref: ChunkRef, deliveries: number): Promise<Record<string, RepeatsByChunk>> {
    return this.repeated(ref, (known) => joinedBy(deliveries, known));
  }

  private async repeated(ref: ChunkRef, change: (known: Repeats | undefined) => Repeats) {
    const known = await this.repeats(ref.page);
    return { [againKey(ref.page)]: { ...known, [repeatsKey(ref)]: change(known[repeatsKey(ref)]) } };
  }

  private async doneChunks(page: number): Promise<ChunkSet> {
    return (await this.state.part<ChunkSet>(doneKey(page))) ?? {};
  }

  private renew({ ref, attempt, progress }: ChunkReport): boolean {
    const id = chunkId(ref);
    const before = this.leases.get(id);
    if (!mayHold(before, attempt, this.monotonicMs())) return false;
    if (before === undefined || covered(before.progress) !== covered(progress)) this.movedAtMs = this.nowMs();
    this.leases.set(id, { attempt, seenAtMs: this.monotonicMs(), progress });
    return true;
  }

  private viewOf(state: RunState): RunView {
    return this.decided(shown(state));
  }

  /** With an end that is not told yet (I5 of run-state). */
  private decided(state: RunState): RunView {
    const live = [...this.leases].filter(([, lease]) => isAlive(lease, this.monotonicMs()));
    const working = new Set(live.map(([id]) => id));
    // A chunk that goes on after a pause reports everything again: its live progress replaces the partial one.
    const resting = Object.entries(state.partial).filter(([id]) => !working.has(id));
    const counted = viewOf(
      { ...state, partial: Object.fromEntries(resting) },
      live.map(([, lease]) => lease.progress),
    );
    const pace = callsPerSecond(counted, this.analysisOf(state), state);
    const view = pace === undefined ? counted : { ...counted, callsPerSecond: pace };
    if (isFinal(view.status) || view.waiting !== undefined) return view;
    const waiting = this.freshTrouble() ?? silenceOf(view, { silentMs: this.silentMs(state), working: live.length });
    return waiting === undefined ? view : { ...view, waiting };
  }

  private freshTrouble(): string | undefined {
    const trouble = this.latestTrouble;
    return trouble && this.monotonicMs() - trouble.atMs < TROUBLE_SHOWN_MS ? trouble.reason : undefined;
  }

  private silentMs({ updatedAt }: RunState): number {
    return this.nowMs() - Math.max(this.movedAtMs, Date.parse(updatedAt));
  }

  /** Remembers how long the owner, a cap or Vision holds it back: that is no time of work. */
  private timed(state: RunState): RunState {
    const { heldSinceMs: _, ...rest } = state;
    return { ...rest, ...hold(state, isHeld(state), this.nowMs(), this.analysisOf(state).analyzeAtMs) };
  }

  private analysisOf({ phaseTimes: { analyze, finish } = {} }: Pick<RunState, 'phaseTimes'>) {
    return {
      analyzeAtMs: analyze === undefined ? undefined : Date.parse(analyze),
      finishAtMs: finish === undefined ? undefined : Date.parse(finish),
    };
  }

  private async load(): Promise<RunState> {
    const state = await this.state.head();
    if (!state) throw new AppError('run-not-found', 'This run was never begun, or its state has been cleaned up.');
    return state;
  }

  private async change(apply: (state: RunState) => RunState) {
    const { control } = await this.changed(apply);
    return { control };
  }

  private async changed(apply: (state: RunState) => RunState): Promise<RunState> {
    const before = await this.load();
    const state = apply(before);
    if (state !== before) await this.state.commit(state);
    return state;
  }

  private now(): string {
    return new Date(this.nowMs()).toISOString();
  }
}

type Ask = Pick<LeaseRequest, 'asker' | 'want' | 'transactionsPerCall' | 'made'>;

/** Longer than a granted call may wait to be started, and two reports. */
const GRANTS_RETURN_MS = 2_500;

const LIMITS = {
  paused: 'Vision asked to wait: its rate limit is reached.',
  month:
    "This month's transactions are used up, of Vision or of this container: raise the cap of the quota, then resume.",
} as const;

/** Longer than the longest pause between two tries of a step (60 s). */
const TROUBLE_SHOWN_MS = 75_000;

const AUDIT = 'audit';
/** Who speaks where no person does. */
const SYSTEM = 'system';
/** A workflow that has not moved for so long after its event gets another. */
const WAKE_INTERVAL_MS = 10_000;

/** Chunks that were opened and not closed yet. */
function openKey(page: number): string {
  return `open-${shardOf(page)}`;
}

/** Chunks that were begun or delivered more than once. */
function againKey(page: number): string {
  return `again-${shardOf(page)}`;
}

function doneKey(page: number): string {
  return `done-${shardOf(page)}`;
}
