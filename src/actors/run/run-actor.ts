import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { chunkId } from '../../domain/ids';
import { type Control, controlOf, isOver, needsWake } from '../../domain/run/facts';
import { asksForConsent } from '../../domain/run/approval';
import type { RunRequest } from '../../domain/run/run';
import {
  APPROVAL_EXPIRED,
  approve,
  closeChunk,
  command,
  endRun,
  enterPhase,
  listPage,
  newRun,
  paused,
  type RunState,
  retried,
  sealRun,
  seekApproval,
  setQuote,
} from '../../domain/run/run-state';
import { readRun } from '../../domain/run/stored-run';
import type { VisionQuotaActorApi } from '../quota/vision-quota-actor.api';
import { type ActorStore, VersionedState } from '../versioned-state';
import { AuditTrail, type Spoken } from './audit';
import { DoneChunks } from './done-chunks';
import { CallGrants } from './grants';
import { ChunkLeases, type RunClock } from './leases';
import { LivePicture } from './live-picture';
import type { OpenChunkResult, ReportInput, ReportResult, RunActorApi } from './run-actor.api';
import { ChunkOpenings } from './suspicion';
import { WakeUp } from './wake-up';

/**
 * One run. Each method loads the state, lets the domain decide, and commits once (but see grants.ts). The decisions are
 * in domain/run/run-state.ts and transitions.ts. run-actor.api.ts says what the methods promise.
 *
 * Leases, grants and troubles are memory of this activation and do not survive a move of the actor.
 */
export class RunActorLogic implements RunActorApi {
  private readonly state: VersionedState<RunState>;
  private readonly trail: AuditTrail;
  private readonly done: DoneChunks;
  private readonly openings: ChunkOpenings;
  private readonly leases: ChunkLeases;
  private readonly grants: CallGrants;
  private readonly picture: LivePicture;
  private readonly wakeUp: WakeUp;

  constructor(
    store: ActorStore,
    private readonly nowMs: () => number,
    /** Absent: calls are not counted. */
    quota?: Pick<VisionQuotaActorApi, 'lease' | 'giveBack'>,
    monotonicMs: () => number = nowMs,
  ) {
    const clock: RunClock = { nowMs, monotonicMs };
    this.state = new VersionedState(store, { read: readRun, stamped: (state) => state });
    this.trail = new AuditTrail(this.state);
    this.done = new DoneChunks(this.state);
    this.openings = new ChunkOpenings(this.state);
    this.leases = new ChunkLeases(clock);
    this.grants = new CallGrants(clock, (state) => this.state.commit(state), quota);
    this.picture = new LivePicture(clock, this.leases);
    this.wakeUp = new WakeUp(clock);
  }

  async begin(request: RunRequest) {
    if (await this.state.head()) return { begun: false };
    await this.state.commit(newRun(request));
    this.leases.born();
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
    const state = await this.changed((before) => setQuote(before, quote, mayRemove, this.now()));
    return { control: controlOf(state), needsApproval: state.approval !== undefined };
  }

  async seekApproval() {
    const before = await this.load();
    const expiresAtMs = Date.parse(before.approval?.expiresAt ?? '');
    const { state, waitMs } = seekApproval(before, this.nowMs(), expiresAtMs, this.now());
    if (state.drained) this.wakeUp.rests();
    const hasExpired = state.ending !== before.ending;
    if (hasExpired) await this.note(before, state, { verb: 'expire', reason: APPROVAL_EXPIRED });
    else if (state !== before) await this.state.commit(state);
    return { control: controlOf(state), waitMs };
  }

  async approve({ who, how, ...answer }: Parameters<RunActorApi['approve']>[0]) {
    const before = await this.load();
    const result = approve(before, answer, this.now());
    if (!result.accepted) {
      const refused = { accepted: false, run: this.picture.decided(before), wake: false };
      if ('planHash' in result) return { ...refused, planHash: result.planHash };
      return 'isApproved' in result ? { ...refused, isApproved: true as const } : { ...refused, why: result.why };
    }
    if (result.state !== before) await this.note(before, result.state, { verb: 'approve', who, how });
    return this.accepted(result.state);
  }

  async pageDone({ page }: Parameters<RunActorApi['pageDone']>[0]) {
    await this.load();
    return { done: await this.done.mask(page), repeats: await this.openings.ofPage(page) };
  }

  async openChunk({ ref, attempt, process = '' }: Parameters<RunActorApi['openChunk']>[0]): Promise<OpenChunkResult> {
    const state = await this.load();
    if (isOver(state)) return { state: 'done' };
    if (await this.done.has(ref)) {
      await this.state.commit(state, await this.openings.join(ref, 1));
      return { state: 'done' };
    }
    const lease = this.leases.ask(ref, attempt);
    if (lease === 'wait') return { state: 'wait' };
    // Only now: whoever is told to stop may add up what this chunk has saved, so nobody else may still be saving.
    const control = controlOf(state);
    if (control !== 'run') return { state: 'stop', control };
    const begun = { isToldAgain: lease === 'mine', isPartial: chunkId(ref) in state.partial };
    const { parts, careful } = await this.openings.open(ref, process, begun);
    await this.commitParts(state, parts);
    this.leases.grant(ref, attempt);
    const isBound = asksForConsent(state.request.approval);
    const granted = { state: 'granted', mayRemove: state.mayRemove, ...defined({ careful }) } as const;
    return isBound ? { ...granted, pricedOnly: true } : granted;
  }

  async clearChunk({ ref, upTo }: Parameters<RunActorApi['clearChunk']>[0]) {
    const state = await this.load();
    const { parts, careful } = await this.openings.clear(ref, upTo);
    await this.commitParts(state, parts);
    return careful ? { careful } : {};
  }

  async report(input: ReportInput): Promise<ReportResult> {
    const { chunks, want = 0, unused = 0, transactionsPerCall = 1, session = '', seq = 0, made } = input;
    const before = await this.load();
    const told = made === undefined ? undefined : { session, transactions: made };
    const state = await this.grants.settle(before, { session, seq, unused: unused * transactionsPerCall }, told);
    const lost: string[] = [];
    for (const chunk of chunks) {
      // A report may overtake the close of its chunk, or come from a process that stood still: it is counted already.
      const isCounted = isOver(state) || (await this.done.has(chunk.ref));
      if (isCounted || !this.leases.renew(chunk)) lost.push(chunkId(chunk.ref));
    }
    const ask = { asker: session, transactionsPerCall, ...defined({ made: told }) };
    const control = controlOf(state);
    if (control !== 'run') {
      if (told) await this.grants.tell(state, ask);
      return { control, lost, calls: 0 };
    }
    return { lost, ...(await this.grants.grant(state, { ...ask, want })) };
  }

  async closeChunk({ ref, attempt, progress, complete, joined = 0 }: Parameters<RunActorApi['closeChunk']>[0]) {
    this.leases.release(ref, attempt);
    const before = await this.load();
    const { state, closed } = closeChunk(
      before,
      await this.done.shard(ref.page),
      { ref, progress, complete },
      this.now(),
    );
    if (state !== before) {
      const parts = { ...this.done.part(ref.page, closed), ...(await this.openings.close(ref, joined)) };
      await this.state.commit(state, parts);
    }
    return { control: controlOf(state) };
  }

  async command({ verb, reason, who, how, maxTransactions }: Parameters<RunActorApi['command']>[0]) {
    const before = await this.load();
    const result = command(before, verb, reason, this.now(), maxTransactions);
    if (!result.accepted) return { accepted: false, run: this.picture.decided(before), wake: false, why: result.why };
    if (result.state !== before) await this.note(before, result.state, { verb, who, how, reason });
    return this.accepted(result.state);
  }

  async audit() {
    const { request } = await this.load();
    return { entries: await this.trail.entries(request.id) };
  }

  async retried({ by, who, how, reason }: Parameters<RunActorApi['retried']>[0]) {
    const before = await this.load();
    const state = retried(before, by, this.now());
    if (state !== before) await this.note(before, state, { verb: 'retry', who, how, reason });
    return { run: this.picture.of(state) };
  }

  async trouble({ reason }: Parameters<RunActorApi['trouble']>[0]) {
    this.picture.trouble(reason);
    return { noted: true as const };
  }

  async paused() {
    const state = await this.changed((before) => paused(before, this.now()));
    this.wakeUp.rests();
    const control = controlOf(state);
    const until = state.hold?.until;
    if (control !== 'throttled' || until === undefined) return { control };
    return { control, waitMs: Math.max(1_000, Date.parse(until) - this.nowMs()) };
  }

  async seal({ failure }: Parameters<RunActorApi['seal']>[0]) {
    return this.closed((state) => sealRun(state, failure, this.now()));
  }

  async end({ failure }: Parameters<RunActorApi['end']>[0]) {
    return this.closed((state) => endRun(state, failure, this.now()));
  }

  async control() {
    return { control: controlOf(await this.load()) };
  }

  async view(): ReturnType<RunActorApi['view']> {
    const state = await this.state.head();
    if (!state) return {};
    const { mayRemove, phaseTimes = {}, request, outcome } = state;
    return {
      ...{ run: this.picture.of(state), mayRemove, wake: needsWake(state), phaseTimes, pages: state.pagesListed },
      ...(outcome && !outcome.told && ({ sealed: true } as const)),
      ...defined({ approvalRule: request.approval }),
    };
  }

  async forget() {
    const state = await this.state.head();
    if (state && !isOver(state)) return { forgotten: false };
    const pages = Array.from({ length: state?.pagesListed ?? 0 }, (_, page) => page);
    const parts = new Set([...AuditTrail.keys, ...DoneChunks.keys(pages), ...ChunkOpenings.keys(pages)]);
    if (state) await this.state.clear([...parts]);
    return { forgotten: true };
  }

  private accepted(state: RunState) {
    return { accepted: true, run: this.picture.of(state), wake: this.wakeUp.isDue(state) };
  }

  /** Nobody works for the run any more. */
  private async closed(apply: (state: RunState) => RunState) {
    const state = await this.changed(apply);
    this.leases.clear();
    return { run: this.picture.decided(state) };
  }

  /** Commits what somebody's word has changed, with the word itself. */
  private async note(before: RunState, state: RunState, spoken: Omit<Spoken, 'at'>): Promise<void> {
    await this.state.commit(state, await this.trail.with(before, state, { ...spoken, at: this.now() }));
  }

  private async commitParts(state: RunState, parts: Readonly<Record<string, unknown>>): Promise<void> {
    if (Object.keys(parts).length > 0) await this.state.commit(state, parts);
  }

  /** @throws AppError run-not-found */
  private async load(): Promise<RunState> {
    const state = await this.state.head();
    if (!state) throw new AppError('run-not-found', 'This run was never begun, or its state has been cleaned up.');
    return state;
  }

  private async change(apply: (state: RunState) => RunState): Promise<{ readonly control: Control }> {
    return { control: controlOf(await this.changed(apply)) };
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
