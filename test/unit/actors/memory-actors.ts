import { ContainerActorLogic } from '../../../src/actors/container/container-actor';
import type { ContainerActorApi } from '../../../src/actors/container/container-actor.api';
import { RunActorLogic } from '../../../src/actors/run/run-actor';
import type { RunActorApi } from '../../../src/actors/run/run-actor.api';
import type { ActorStore } from '../../../src/actors/versioned-state';
import { VisionQuotaActorLogic } from '../../../src/actors/quota/vision-quota-actor';
import type { VisionQuotaActorApi } from '../../../src/actors/quota/vision-quota-actor.api';

/** State of one actor in memory, through JSON as in the real store. */
export interface MemoryActorStore extends ActorStore {
  readonly data: Map<string, string>;
  readonly reads: string[];
  writes: number;
  /** The next `times` writes fail: before the store took them, or after, when only the answer is lost. */
  failNext(times: number, when?: 'before-write' | 'after-write'): void;
}

export function createMemoryActorStore(): MemoryActorStore {
  const data = new Map<string, string>();
  const failures: ('before-write' | 'after-write')[] = [];
  const store: MemoryActorStore = {
    data,
    reads: [],
    writes: 0,
    failNext: (times, when = 'before-write') => void failures.push(...Array<typeof when>(times).fill(when)),
    async read(key) {
      store.reads.push(key);
      const text = data.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    async write(changes) {
      const failure = failures.shift();
      if (failure === 'before-write') throw new Error('the store did not answer');
      store.writes += 1;
      for (const [key, value] of Object.entries(changes)) {
        if (value === undefined) data.delete(key);
        else data.set(key, JSON.stringify(value));
      }
      if (failure) throw new Error('the answer of the store was lost');
    },
  };
  return store;
}

/** Actors as Dapr runs them: one turn at a time by id, arguments and answers through JSON, movable between hosts. */
export interface MemoryActors {
  container(name: string): ContainerActorApi;
  run(id: string): RunActorApi;
  /** Of the one Vision resource; nothing limits it until somebody sets it. Runs here ask for no leases. */
  quota(): VisionQuotaActorApi;
  /** The actor is activated anew, as on another host: what it held in memory is gone. */
  moveRun(id: string): void;
}

export function createMemoryActors(nowMs: () => number): MemoryActors {
  const containers = new Map<string, Hosted<ContainerActorApi>>();
  const runs = new Map<string, Hosted<RunActorApi>>();
  const of = <Api extends object>(all: Map<string, Hosted<Api>>, id: string, create: (store: ActorStore) => Api) => {
    const known = all.get(id);
    if (known) return known;
    const hosted = host(create);
    all.set(id, hosted);
    return hosted;
  };
  const containerOf = (name: string) =>
    of<ContainerActorApi>(containers, name, (store) => new ContainerActorLogic(store));
  const quotas = new Map<string, Hosted<VisionQuotaActorApi>>();
  const quotaOf = () =>
    of<VisionQuotaActorApi>(quotas, 'vision', (store) => new VisionQuotaActorLogic(store, {}, nowMs));
  const runOf = (id: string) => of<RunActorApi>(runs, id, (store) => new RunActorLogic(store, nowMs));
  return {
    container: (name) => containerOf(name).client,
    run: (id) => runOf(id).client,
    quota: () => quotaOf().client,
    moveRun: (id) => runOf(id).move(),
  };
}

interface Hosted<Api> {
  readonly client: Api;
  move(): void;
}

function host<Api extends object>(create: (store: ActorStore) => Api): Hosted<Api> {
  const store = createMemoryActorStore();
  let logic: Api | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const invoke = (method: string, input: unknown): Promise<unknown> => {
    const result = turn.then(async () => {
      logic ??= create(store);
      const target = logic as Record<string, (input: unknown) => Promise<unknown>>;
      const answer = await (target[method] as (input: unknown) => Promise<unknown>).call(target, copy(input));
      return copy(answer);
    });
    turn = result.catch(() => {});
    return result;
  };
  const client = new Proxy({} as Api, {
    get: (_, method) => (method === 'then' ? undefined : (input: unknown) => invoke(String(method), input)),
  });
  const move = () => {
    turn = turn.then(() => {
      logic = undefined;
    });
  };
  return { client, move };
}

function copy(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
