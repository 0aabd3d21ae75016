import { ACTORS } from '../names';
import { ContainerActorLogic } from './container-actor';
import type { ContainerActorApi } from './container-actor.api';
import { type ActorSidecar, actorClient, daprActorStore, hostActor } from './dapr-actors';
import { RunActorLogic } from './run-actor';
import type { RunActorApi } from './run-actor.api';

const CONTAINER_METHODS = {
  beginRun: true,
  applyChunk: true,
  endRun: true,
  summary: true,
  replaceAggregate: true,
} as const;

const RUN_METHODS = {
  begin: true,
  setPhase: true,
  pageListed: true,
  listing: true,
  quote: true,
  pageDone: true,
  openChunk: true,
  report: true,
  closeChunk: true,
  command: true,
  trouble: true,
  paused: true,
  end: true,
  view: true,
} as const;

/** Every actor of the product: what this process hosts, and typed clients to call them wherever they live. */
export interface Actors {
  readonly hosted: readonly ReturnType<typeof hostActor>[];
  container(name: string): ContainerActorApi;
  run(id: string): RunActorApi;
}

export function createActors(sidecar: ActorSidecar, nowMs: () => number): Actors {
  return {
    hosted: [
      hostActor<ContainerActorApi>(
        ACTORS.container,
        CONTAINER_METHODS,
        (id) => new ContainerActorLogic(daprActorStore(sidecar, ACTORS.container, id)),
      ),
      hostActor<RunActorApi>(
        ACTORS.run,
        RUN_METHODS,
        (id) => new RunActorLogic(daprActorStore(sidecar, ACTORS.run, id), nowMs),
      ),
    ],
    container: actorClient<ContainerActorApi>(sidecar, ACTORS.container, CONTAINER_METHODS),
    run: actorClient<RunActorApi>(sidecar, ACTORS.run, RUN_METHODS),
  };
}
