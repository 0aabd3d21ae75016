import { chunksOf, type Replica, startReplica } from '../../../packages/dev-stack/src/replica';
import { eventually, startTestStack, type TestStack, type TestStackOptions, withLogs } from '../framework';

/** One of several replicas that work beside each other. */
export interface Member {
  readonly name: string;
  readonly sidecar: string;
  /** Chunks it has worked on since its sidecar's start. */
  chunks(): Promise<number>;
  /** One process of it, without a word; it is started again. */
  end(part: 'app' | 'daprd'): Promise<void>;
  /** All of it at once, without a word. The stack's own replica is started again, any other one is gone. */
  kill(): Promise<void>;
}

/** A stack with so many replicas: its own one, which the public API is asked of, and others that come and go. */
export interface ReplicaSet {
  readonly stack: TestStack;
  /** Who is there now; the stack's own one first. */
  members(): readonly Member[];
  join(): Promise<Member>;
  /** In order: it drains first. Not for the stack's own one. */
  leave(member: Member): Promise<void>;
  /** Resolves when so many are there and each of them serves. */
  complete(): Promise<void>;
  /** A scenario whose failure carries what every replica said. */
  told<T>(scenario: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export async function startReplicaSet(size: number, options: TestStackOptions = {}): Promise<ReplicaSet> {
  const stack = await startTestStack(options);
  const others = new Map<string, Replica>();
  const gone: Replica[] = [];
  let names = 1;

  /** What is dead already, from the blow before, stays so for a moment. */
  async function end(part: 'app' | 'daprd' | 'pubsub'): Promise<void> {
    if (stack.pid(part) !== undefined) await stack.kill(part);
  }
  const own: Member = {
    name: 'first',
    get sidecar() {
      return stack.endpoints.sidecar;
    },
    chunks: () => chunksOf(stack.ports.sidecarMetrics),
    end,
    kill: async () => void (await Promise.all((['app', 'daprd', 'pubsub'] as const).map(end))),
  };
  const memberOf = (replica: Replica): Member => ({
    name: replica.name,
    sidecar: replica.sidecar,
    chunks: replica.chunks,
    end: async (part) => replica.end(part),
    async kill() {
      others.delete(replica.name);
      gone.push(replica);
      await replica.kill();
    },
  });
  async function join(): Promise<Member> {
    const name = `replica-${++names}`;
    const { appEnv = {} } = options;
    const replica = await startReplica({ home: stack.home, name, appEnv, supervise: true });
    others.set(name, replica);
    return memberOf(replica);
  }
  const members = () => [own, ...[...others.values()].map(memberOf)];
  async function stop(): Promise<void> {
    for (const replica of others.values()) await replica.stop();
    await stack.stop();
  }
  const replicas: ReplicaSet = {
    stack,
    members,
    join,
    async leave({ name }) {
      const replica = others.get(name);
      if (!replica) throw new Error(`${name} is not there, or the stack's own.`);
      others.delete(name);
      gone.push(replica);
      await replica.stop();
    },
    async complete() {
      for (const part of ['pubsub', 'daprd', 'app'] as const) await stack.ready(part);
      const joining = await Promise.allSettled(Array.from({ length: size - 1 - others.size }, join));
      for (const joined of joining) if (joined.status === 'rejected') throw joined.reason;
      for (const { name, sidecar } of members()) {
        await eventually(async () => (await fetch(`${sidecar}/v1.0/healthz`)).ok, {
          what: `${name} serves`,
          timeoutMs: 60_000,
        });
      }
    },
    async told(scenario) {
      try {
        return await withLogs(scenario);
      } catch (error) {
        const all = [...gone, ...others.values()];
        if (error instanceof Error) error.message += `\n${all.map((replica) => replica.logs()).join('\n')}`;
        throw error;
      }
    },
    stop,
  };
  try {
    await replicas.complete();
  } catch (error) {
    await stop();
    throw error;
  }
  return replicas;
}
