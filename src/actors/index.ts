import { isContainerName } from '../domain/container/container-name';
import { isRunId } from '../domain/ids';
import type { QuotaSettings } from '../domain/quota/quota';
import { ACTORS } from '../names';
import { ContainerActorLogic } from './container/container-actor';
import type { ContainerActorApi } from './container/container-actor.api';
import { CONTAINER_INPUTS } from './container/container-actor.inputs';
import { type ActorSidecar, actorClient, daprActorStore, hostActor } from './dapr-actors';
import { RunActorLogic } from './run/run-actor';
import type { RunActorApi } from './run/run-actor.api';
import { isOfRun, RUN_INPUTS } from './run/run-actor.inputs';
import { Fence } from './fence';
import { VisionQuotaActorLogic } from './quota/vision-quota-actor';
import type { VisionQuotaActorApi } from './quota/vision-quota-actor.api';
import { isVisionResource, VISION_QUOTA_INPUTS } from './quota/vision-quota-actor.inputs';

const CONTAINER = { inputs: CONTAINER_INPUTS, isOurs: isContainerName };
const RUN = { inputs: RUN_INPUTS, isOurs: isRunId, isOwn: isOfRun };
const QUOTA = { inputs: VISION_QUOTA_INPUTS, isOurs: isVisionResource };

/** Which Vision resource is shared, and its quota until the API changes it. */
export interface QuotaScope {
  readonly resource: string;
  readonly defaults: QuotaSettings;
}

/** Every actor of the product: what this process hosts, and typed clients to call them wherever they live. */
export interface Actors {
  /** Classes that the SDK hosts in this process (src/dapr/actor-host.ts). */
  readonly hosted: readonly ReturnType<typeof hostActor>[];
  /** By the name of a blob container. */
  container(name: string): ContainerActorApi;
  /** By run id. */
  run(id: string): RunActorApi;
  /** Of the Vision resource that this process calls. */
  quota(): VisionQuotaActorApi;
}

/** Wall time for records, monotonic time for intervals. */
export interface ActorClock {
  nowMs(): number;
  monotonicMs(): number;
}

/** Classes to host, and clients that call by the sidecar. Nothing is called before a client is used. */
export function createActors(sidecar: ActorSidecar, clock: ActorClock, scope: QuotaScope): Actors {
  const { nowMs, monotonicMs } = clock;
  const quotaOf = actorClient<VisionQuotaActorApi>(sidecar, ACTORS.visionQuota, QUOTA);
  const quota = () => quotaOf(scope.resource);
  const fence = new Fence();
  const storeOf = (type: string, id: string) => daprActorStore(sidecar, type, id, fence);
  return {
    hosted: [
      hostActor<ContainerActorApi>(
        ACTORS.container,
        CONTAINER,
        (id) => new ContainerActorLogic(storeOf(ACTORS.container, id)),
        fence,
      ),
      hostActor<RunActorApi>(
        ACTORS.run,
        RUN,
        (id) => new RunActorLogic(storeOf(ACTORS.run, id), nowMs, quota(), monotonicMs),
        fence,
      ),
      hostActor<VisionQuotaActorApi>(
        ACTORS.visionQuota,
        QUOTA,
        (id) => new VisionQuotaActorLogic(storeOf(ACTORS.visionQuota, id), scope.defaults, nowMs, monotonicMs),
        fence,
      ),
    ],
    container: actorClient<ContainerActorApi>(sidecar, ACTORS.container, CONTAINER),
    run: actorClient<RunActorApi>(sidecar, ACTORS.run, RUN),
    quota,
  };
}
