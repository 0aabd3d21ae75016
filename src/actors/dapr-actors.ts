import { AbstractActor, type ActorId, type DaprClient } from '@dapr/dapr';
import { AppError } from '../domain/errors';
import { type Outcome, settle, unwrap } from '../domain/outcome';
import type { Fence } from './fence';
import type { ActorStore } from './versioned-state';

/** What the sidecar must offer for actors (see gateways/sidecar). */
export interface ActorSidecar {
  invokeActor(type: string, id: string, method: string, body: unknown, timeoutMs?: number): Promise<unknown>;
  readActorState(type: string, id: string, key: string): Promise<unknown>;
  writeActorState(type: string, id: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
}

type Methods<Api> = { readonly [M in keyof Api]: true };
// biome-ignore lint/suspicious/noExplicitAny: the constructor's shape is the SDK's.
type ActorClass = new (client: DaprClient, id: ActorId) => any;

/**
 * A class that the SDK can host, named on the wire by `type` and never by a class of ours. Its methods answer Outcome
 * values: an error thrown by an actor reaches its caller as HTTP 500 with body `{}` (@dapr/dapr 3.18.0).
 */
export function hostActor<Api extends object>(
  type: string,
  methods: Methods<Api>,
  create: (id: string) => Api,
  fence: Fence,
): ActorClass {
  class HostedActor extends AbstractActor {
    readonly logic: Api;
    readonly key: string;
    constructor(client: DaprClient, id: ActorId) {
      super(client, id);
      this.logic = create(id.getId());
      this.key = `${type} '${id.getId()}'`;
    }
  }
  for (const method of Object.keys(methods)) {
    Object.defineProperty(HostedActor.prototype, method, {
      value: function invoke(this: HostedActor, input: unknown): Promise<Outcome<unknown>> {
        const logic = this.logic as Record<string, (input: unknown) => Promise<unknown>>;
        const work = () => (logic[method] as (input: unknown) => Promise<unknown>).call(logic, input);
        return settle(() => fence.take(this.key, work));
      },
    });
  }
  Object.defineProperty(HostedActor, 'name', { value: type });
  return HostedActor;
}

/**
 * Typed calls to one actor over HTTP. A plain object: the SDK's ActorProxyBuilder answers every property, `then` too,
 * so that an awaited proxy never resolves (@dapr/dapr 3.18.0).
 */
export function actorClient<Api extends object>(
  sidecar: ActorSidecar,
  type: string,
  methods: Methods<Api>,
): (id: string) => Api {
  return (id) => {
    const calls = Object.keys(methods).map((method) => [
      method,
      async (input: unknown) => {
        const outcome = (await sidecar.invokeActor(type, id, method, input ?? {})) as Outcome<unknown> | undefined;
        if (outcome) return unwrap(outcome);
        throw new AppError('actor-failed', `${method} of ${type} '${id}' gave no answer.`, { retryable: true });
      },
    ]);
    return Object.fromEntries(calls) as Api;
  };
}

export function daprActorStore(sidecar: ActorSidecar, type: string, id: string, fence: Fence): ActorStore {
  return {
    read: (key) => sidecar.readActorState(type, id, key),
    write: (changes) => fence.write(() => sidecar.writeActorState(type, id, changes)),
  };
}
