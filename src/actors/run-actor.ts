import { isAlive, type Lease, mayHold, SETTLE_MS } from '../domain/chunk-lease';
import { NO_PROGRESS } from '../domain/chunk-progress';
import { type ChunkSet, hasChunk, shardOf } from '../domain/chunk-set';
import { AppError } from '../domain/errors';
import { chunkId } from '../domain/ids';
import { isFinal, type RunRequest, type RunView } from '../domain/run';
import {
  closeChunk,
  command,
  endRun,
  enterPhase,
  listPage,
  newRun,
  paused,
  type RunState,
  setQuote,
  viewOf,
} from '../domain/run-state';
import type { ChunkReport, OpenChunkResult, RunActorApi } from './run-actor.api';
import { type ActorStore, VersionedState } from './versioned-state';

/**
 * The live picture of one run (invariants: domain/run-state.ts, domain/chunk-lease.ts).
 *
 * `leases`, `activatedAtMs` and `latestTrouble` are not part of the state and do not survive a move of the actor: whoever
 * works reports again within a second, and nobody is given a chunk before that.
 */
export class RunActorLogic implements RunActorApi {
  private readonly state: VersionedState<RunState>;
  private readonly leases = new Map<string, Lease>();
  private readonly activatedAtMs: number;
  private latestTrouble: { readonly reason: string; readonly atMs: number } | undefined;
  /** The run began in this activation: nobody can be working on it unseen. */
  private bornHere = false;

  constructor(
    store: ActorStore,
    private readonly nowMs: () => number,
  ) {
    this.state = new VersionedState(store);
    this.activatedAtMs = nowMs();
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
    return this.change((state) => setQuote(state, quote, mayRemove, this.now()));
  }

  async pageDone({ page }: Parameters<RunActorApi['pageDone']>[0]) {
    await this.load();
    return { done: (await this.doneChunks(page))[page] ?? 0 };
  }

  async openChunk({ ref, attempt }: Parameters<RunActorApi['openChunk']>[0]): Promise<OpenChunkResult> {
    const state = await this.load();
    if (isFinal(state.status) || hasChunk(await this.doneChunks(ref.page), ref)) return { state: 'done' };
    const id = chunkId(ref);
    const lease = this.leases.get(id);
    const isSettled = this.bornHere || this.nowMs() - this.activatedAtMs >= SETTLE_MS;
    if (!lease && !isSettled) return { state: 'wait' }; // I3 of chunk-lease
    if (!mayHold(lease, attempt, this.nowMs())) return { state: 'wait' }; // I1 of chunk-lease
    // Only now: whoever is told to stop may add up what this chunk has saved, so nobody else may still be saving.
    if (state.control !== 'run') return { state: 'stop', control: state.control };
    this.leases.set(id, { attempt, seenAtMs: this.nowMs(), progress: NO_PROGRESS });
    return { state: 'granted', mayRemove: state.mayRemove };
  }

  async report({ chunks }: Parameters<RunActorApi['report']>[0]) {
    const state = await this.load();
    const lost: string[] = [];
    for (const chunk of chunks) {
      // A report may overtake the close of its chunk, or come from a process that stood still: it is counted already.
      const isOver = isFinal(state.status) || hasChunk(await this.doneChunks(chunk.ref.page), chunk.ref);
      if (isOver || !this.renew(chunk)) lost.push(chunkId(chunk.ref));
    }
    return { control: state.control, lost };
  }

  async closeChunk({ ref, attempt, progress, complete }: Parameters<RunActorApi['closeChunk']>[0]) {
    const id = chunkId(ref);
    if (this.leases.get(id)?.attempt === attempt) this.leases.delete(id);
    const before = await this.load();
    const shard = await this.doneChunks(ref.page);
    const { state, closed } = closeChunk(before, shard, { ref, progress, complete }, this.now());
    if (state !== before) await this.state.commit(state, { [doneKey(ref.page)]: closed });
    return { control: state.control };
  }

  async command({ verb, reason }: Parameters<RunActorApi['command']>[0]) {
    const before = await this.load();
    const result = command(before, verb, reason, this.now());
    if (!result.accepted) return { accepted: false, run: this.viewOf(before) };
    if (result.state !== before) await this.state.commit(result.state);
    return { accepted: true, run: this.viewOf(result.state) };
  }

  async trouble({ reason }: Parameters<RunActorApi['trouble']>[0]) {
    this.latestTrouble = { reason, atMs: this.nowMs() };
    return { noted: true as const };
  }

  async paused() {
    return this.change((state) => paused(state, this.now()));
  }

  async end({ failure }: Parameters<RunActorApi['end']>[0]) {
    const before = await this.load();
    const state = endRun(before, failure, this.now());
    if (state !== before) await this.state.commit(state);
    this.leases.clear();
    return { run: this.viewOf(state) };
  }

  async view() {
    const state = await this.state.head();
    return state ? { run: this.viewOf(state), mayRemove: state.mayRemove } : {};
  }

  private async doneChunks(page: number): Promise<ChunkSet> {
    return (await this.state.part<ChunkSet>(doneKey(page))) ?? {};
  }

  private renew({ ref, attempt, progress }: ChunkReport): boolean {
    const id = chunkId(ref);
    if (!mayHold(this.leases.get(id), attempt, this.nowMs())) return false;
    this.leases.set(id, { attempt, seenAtMs: this.nowMs(), progress });
    return true;
  }

  private viewOf(state: RunState): RunView {
    const live = [...this.leases].filter(([, lease]) => isAlive(lease, this.nowMs()));
    const working = new Set(live.map(([id]) => id));
    // A chunk that goes on after a pause reports everything again: its live progress replaces the partial one.
    const resting = Object.entries(state.partial).filter(([id]) => !working.has(id));
    const view = viewOf(
      { ...state, partial: Object.fromEntries(resting) },
      live.map(([, lease]) => lease.progress),
    );
    const trouble = this.latestTrouble;
    const isStuck = !isFinal(view.status) && trouble && this.nowMs() - trouble.atMs < TROUBLE_SHOWN_MS;
    return isStuck && view.waiting === undefined ? { ...view, waiting: trouble.reason } : view;
  }

  private async load(): Promise<RunState> {
    const state = await this.state.head();
    if (!state) throw new AppError('run-not-found', 'This run was never begun, or its state has been cleaned up.');
    return state;
  }

  private async change(apply: (state: RunState) => RunState) {
    const before = await this.load();
    const state = apply(before);
    if (state !== before) await this.state.commit(state);
    return { control: state.control };
  }

  private now(): string {
    return new Date(this.nowMs()).toISOString();
  }
}

/** Longer than the longest pause between two tries of a step (60 s). */
const TROUBLE_SHOWN_MS = 75_000;

function doneKey(page: number): string {
  return `done-${shardOf(page)}`;
}
