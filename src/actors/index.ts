import type { QuotaSettings } from '../domain/quota/quota';
import { ACTORS } from '../names';
import { ContainerActorLogic } from './container/container-actor';
import type { ContainerActorApi } from './container/container-actor.api';
import { type ActorSidecar, actorClient, daprActorStore, hostActor } from './dapr-actors';
import { RunActorLogic } from './run/run-actor';
import type { RunActorApi } from './run/run-actor.api';
import { Fence } from './fence';
import { VisionQuotaActorLogic } from './quota/vision-quota-actor';
import type { VisionQuotaActorApi } from './quota/vision-quota-actor.api';

const CONTAINER_METHODS = {
  beginRun: true,
  applyChunk: true,
  endRun: true,
  summary: true,
  replaceAggregate: true,
  repair: true,
} as const;

const RUN_METHODS = {
  begin: true,
  setPhase: true,
  pageListed: true,
  listing: true,
  quote: true,
  seekApproval: true,
  approve: true,
  pageDone: true,
  openChunk: true,
  report: true,
  clearChunk: true,
  closeChunk: true,
  command: true,
  audit: true,
  retried: true,
  trouble: true,
  paused: true,
  seal: true,
  end: true,
  view: true,
  forget: true,
} as const;

const QUOTA_METHODS = {
  lease: true,
  giveBack: true,
  throttled: true,
  configure: true,
  view: true,
} as const;

/** Which Vision resource is shared, and what it allows until somebody says otherwise. */
export interface QuotaScope {
  readonly resource: string;
  readonly defaults: QuotaSettings;
}

/** Every actor of the product: what this process hosts, and typed clients to call them wherever they live. */
export interface Actors {
  readonly hosted: readonly ReturnType<typeof hostActor>[];
  container(name: string): ContainerActorApi;
  run(id: string): RunActorApi;
  /** Of the Vision resource that this process calls. */
  quota(): VisionQuotaActorApi;
}

/** Wall time for records, monotonic time for intervals. */
export interface ActorClock {
  nowMs(): number;
  monotonicMs(): number;
}

export function createActors(sidecar: ActorSidecar, clock: ActorClock, scope: QuotaScope): Actors {
  const { nowMs, monotonicMs } = clock;
  const quotaOf = actorClient<VisionQuotaActorApi>(sidecar, ACTORS.visionQuota, QUOTA_METHODS);
  const quota = () => quotaOf(scope.resource);
  const fence = new Fence();
  const storeOf = (type: string, id: string) => daprActorStore(sidecar, type, id, fence);
  return {
    hosted: [
      hostActor<ContainerActorApi>(
        ACTORS.container,
        CONTAINER_METHODS,
        (id) => new ContainerActorLogic(storeOf(ACTORS.container, id)),
        fence,
      ),
      hostActor<RunActorApi>(
        ACTORS.run,
        RUN_METHODS,
        (id) => new RunActorLogic(storeOf(ACTORS.run, id), nowMs, quota(), monotonicMs),
        fence,
      ),
      hostActor<VisionQuotaActorApi>(
        ACTORS.visionQuota,
        QUOTA_METHODS,
        (id) => new VisionQuotaActorLogic(storeOf(ACTORS.visionQuota, id), scope.defaults, nowMs, monotonicMs),
        fence,
      ),
    ],
    container: actorClient<ContainerActorApi>(sidecar, ACTORS.container, CONTAINER_METHODS),
    run: actorClient<RunActorApi>(sidecar, ACTORS.run, RUN_METHODS),
    quota,
  };
}
