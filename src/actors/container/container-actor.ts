import { shardOf } from '../../domain/run/chunk-set';
import {
  type AppliedShard,
  beginRun,
  type ContainerHead,
  endRun,
  joinParts,
  markApplied,
  mayApply,
  NEW_CONTAINER,
  type OpenChunks,
  replaceOpen,
  splitByBucket,
  TAG_BUCKETS,
} from '../../domain/container/container-state';
import { STORED_CONTAINER } from '../../domain/container/stored-container';
import { addCounters, type TotalsVector } from '../../domain/container/totals';
import { defined } from '../../domain/defined';
import type { ContainerActorApi, ContainerTotals } from './container-actor.api';
import { type ActorStore, VersionedState } from '../versioned-state';

/**
 * Exact totals of one container. Owns which run is active and which chunks are applied; knows nothing about images.
 * Every method loads, applies, commits once (invariants: domain/container/container-state.ts).
 */
export class ContainerActorLogic implements ContainerActorApi {
  private readonly state: VersionedState<ContainerHead>;

  constructor(store: ActorStore) {
    this.state = new VersionedState(store, STORED_CONTAINER);
  }

  async beginRun({ runId, now }: Parameters<ContainerActorApi['beginRun']>[0]) {
    const before = await this.load();
    const { head, result } = beginRun(before, runId, now);
    if (head !== before) await this.state.commit(head);
    return result;
  }

  async applyChunk({ ref, delta, complete }: Parameters<ContainerActorApi['applyChunk']>[0]) {
    const head = await this.load();
    const appliedKey = `applied-${shardOf(ref.page)}`;
    const shard = await this.state.part<AppliedShard>(appliedKey);
    const result = mayApply(head, shard, ref);
    if (result === 'applied') {
      const { open, change } = replaceOpen(await this.state.part<OpenChunks>(OPEN), ref, delta, complete);
      const changes: Record<string, unknown> = { [OPEN]: open };
      if (complete) changes[appliedKey] = markApplied(shard, ref);
      for (const [bucket, part] of splitByBucket(change)) {
        const key = partKey(bucket);
        changes[key] = addCounters((await this.state.part<TotalsVector>(key)) ?? {}, part);
      }
      await this.state.commit(head, changes);
    }
    return { result };
  }

  async endRun({ runId }: Parameters<ContainerActorApi['endRun']>[0]) {
    const before = await this.load();
    const head = endRun(before, runId);
    if (head !== before) await this.state.commit(head);
    return { ended: true as const };
  }

  async summary(): Promise<ContainerTotals> {
    const head = await this.load();
    const parts = await Promise.all(ALL_PARTS.map((key) => this.state.part<TotalsVector>(key)));
    return {
      counters: joinParts(parts),
      ...defined({ activeRun: head.activeRun, lastRun: head.lastRun }),
    };
  }

  async replaceAggregate({ runId, counters }: Parameters<ContainerActorApi['replaceAggregate']>[0]) {
    const head = await this.load();
    if (head.activeRun !== runId) return { replaced: false };
    await this.state.commit(head, wholly(counters));
    return { replaced: true };
  }

  async repair({ lastRun, counters }: Parameters<ContainerActorApi['repair']>[0]) {
    const head = await this.load();
    if (head.activeRun !== undefined || head.lastRun !== lastRun) return { repaired: false };
    await this.state.commit(head, wholly(counters));
    return { repaired: true };
  }

  private async load(): Promise<ContainerHead> {
    return (await this.state.head()) ?? NEW_CONTAINER;
  }
}

const ALL_BUCKETS = [undefined, ...Array.from({ length: TAG_BUCKETS }, (_, bucket) => bucket)];
const ALL_PARTS = ALL_BUCKETS.map(partKey);

/** Every part written, also those that are empty now. */
function wholly(counters: TotalsVector): Record<string, TotalsVector> {
  const parts = splitByBucket(counters);
  return Object.fromEntries(ALL_BUCKETS.map((bucket) => [partKey(bucket), parts.get(bucket) ?? {}]));
}

/** Deltas of chunks that are not complete yet. */
const OPEN = 'open';

function partKey(bucket: number | undefined): string {
  return bucket === undefined ? 'totals' : `tags-${String(bucket).padStart(2, '0')}`;
}
