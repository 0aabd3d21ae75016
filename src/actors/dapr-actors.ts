import { AbstractActor, type ActorId, type DaprClient } from '@dapr/dapr';
import type { ZodType } from 'zod';
import { AppError } from '../domain/errors';
import { MAX_REASON_BYTES, type Outcome, settle, unwrap } from '../domain/outcome';
import type { Fence } from './fence';
import type { ActorStore } from './versioned-state';

/** What the sidecar must offer for actors (see gateways/sidecar). */
export interface ActorSidecar {
  invokeActor(type: string, id: string, method: string, body: unknown, timeoutMs?: number): Promise<unknown>;
  readActorState(type: string, id: string, key: string): Promise<unknown>;
  writeActorState(type: string, id: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
}

/** The methods of an actor, each with the schema of its input. */
export type MethodInputs<Api> = { readonly [M in keyof Api]: ZodType };

/** What the host of an actor type has to know of it. */
export interface ActorDefinition<Api> {
  readonly inputs: MethodInputs<Api>;
  /** May there be an actor of this id? */
  readonly isOurs?: (id: string) => boolean;
  /** Does what was read speak of this very actor? */
  readonly isOwn?: (id: string, input: unknown) => boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: the constructor's shape is the SDK's.
type ActorClass = new (client: DaprClient, id: ActorId) => any;

/**
 * A class that the SDK can host, named on the wire by `type` and never by a class of ours. Its methods answer Outcome
 * values: an error thrown by an actor reaches its caller as HTTP 500 with body `{}` (@dapr/dapr 3.18.0).
 *
 * I1 No method sees its state before its input was read by the schema of the method; what is refused changes nothing.
 */
export function hostActor<Api extends object>(
  type: string,
  definition: ActorDefinition<Api>,
  create: (id: string) => Api,
  fence: Fence,
): ActorClass {
  class HostedActor extends AbstractActor {
    readonly logic: Api;
    readonly key: string;
    readonly ownId: string;
    constructor(client: DaprClient, id: ActorId) {
      super(client, id);
      this.ownId = id.getId();
      this.logic = create(this.ownId);
      this.key = `${type} '${this.ownId}'`;
    }
  }
  for (const method of Object.keys(definition.inputs)) {
    Object.defineProperty(HostedActor.prototype, method, {
      value: function invoke(this: HostedActor, input: unknown): Promise<Outcome<unknown>> {
        const logic = this.logic as Record<string, (input: unknown) => Promise<unknown>>;
        return settle(async () => {
          const read = readInput(definition, type, this.ownId, method as keyof Api, input); // I1
          const work = () => (logic[method] as (input: unknown) => Promise<unknown>).call(logic, read);
          return fence.take(this.key, work);
        }, MAX_REASON_BYTES);
      },
    });
  }
  Object.defineProperty(HostedActor, 'name', { value: type });
  return HostedActor;
}

/** @throws AppError invalid-request, in a few words: it has to fit an Outcome */
function readInput<Api>(
  { inputs, isOurs, isOwn }: ActorDefinition<Api>,
  type: string,
  id: string,
  method: keyof Api,
  input: unknown,
): unknown {
  const refuse = (why: string) =>
    new AppError('invalid-request', `${type}.${String(method)} refuses its input: ${why}`);
  if (isOurs?.(id) === false) throw refuse('the id of the actor is none of ours.');
  const parsed = inputs[method].safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`${issue?.path.join('.') || 'all of it'}: ${issue?.message}.`);
  }
  if (isOwn?.(id, parsed.data) === false) throw refuse('it speaks of another one.');
  return parsed.data;
}

/**
 * Typed calls to one actor over HTTP. A plain object: the SDK's ActorProxyBuilder answers every property, `then` too,
 * so that an awaited proxy never resolves (@dapr/dapr 3.18.0).
 */
export function actorClient<Api extends object>(
  sidecar: ActorSidecar,
  type: string,
  { inputs }: Pick<ActorDefinition<Api>, 'inputs'>,
): (id: string) => Api {
  return (id) => {
    const calls = Object.keys(inputs).map((method) => [
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

/** State of one actor, through its sidecar. @throws AppError sidecar-unavailable; actor-failed in a turn that was forgotten */
export function daprActorStore(sidecar: ActorSidecar, type: string, id: string, fence: Fence): ActorStore {
  return {
    read: (key) => sidecar.readActorState(type, id, key),
    write: (changes) => fence.write(() => sidecar.writeActorState(type, id, changes)),
  };
}
