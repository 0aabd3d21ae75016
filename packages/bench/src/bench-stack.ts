import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BodyOf, createClient, type Endpoints, isFinal, Refusal, taken } from 'contactsheet/contract';
import type { VisionPace } from '@contactsheet/dev-stack';
import { type Replica, startReplica } from '@contactsheet/dev-stack';
import { acquireRuntime } from '@contactsheet/dev-stack';
import { withoutServices } from '@contactsheet/dev-stack';
import { type Stack, type StackOptions, startStack } from '@contactsheet/dev-stack';
import { costOf, type ProcessCost } from './process-cost';

/** Starts one more replica beside the stack's own one; it ends with the stack. */
export type Join = (name: string) => Promise<Replica>;

/** A whole stack in a folder of its own, every port free, for the time of `work`. */
export async function withStack(
  vision: VisionPace,
  work: (stack: Stack, join: Join) => Promise<void>,
  {
    appEnv,
    env: settings,
    ...options
  }: Partial<Pick<StackOptions, 'appEnv' | 'env' | 'storageInMemory' | 'engineRetention'>> = {},
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'contactsheet-bench-'));
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const stopping = new AbortController();
  const runtime = await acquireRuntime({ env: process.env, signal: stopping.signal, say });
  const env = { ...withoutServices(process.env), ...settings };
  const quiet = { LOG_LEVEL: 'warn', ...appEnv };
  const stack = await startStack({
    home,
    runtime,
    env,
    ports: 'free',
    vision,
    ...options,
    appEnv: quiet,
  });
  const replicas: Replica[] = [];
  const stop = async () => {
    for (const replica of replicas) await replica.stop();
    await stack.stop();
  };
  const interrupted = () => void stop().then(() => process.exit(130));
  process.once('SIGINT', interrupted);
  try {
    await work(stack, async (name) => {
      const replica = await startReplica({ home, name, appEnv: quiet });
      replicas.push(replica);
      return replica;
    });
  } finally {
    process.off('SIGINT', interrupted);
    await stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

export type Costs = Readonly<Record<string, ProcessCost>>;

export function costsOf(stack: Stack): Costs {
  const { pids } = stack.endpoints();
  return Object.fromEntries(
    Object.entries(pids).flatMap(([name, pid]) => {
      const cost = pid ? costOf(pid) : undefined;
      return cost ? [[name, cost]] : [];
    }),
  );
}

/** CPU milliseconds spent between two looks, by process. */
export function spent(before: Costs, after: Costs): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, { cpuMs }]) => [name, cpuMs - (before[name]?.cpuMs ?? 0)]),
  );
}

export type RunSeen = BodyOf<Endpoints['getRun']> & { readonly wallMs: number };

/** Starts a run and waits for its end. */
export async function runToEnd(
  stack: Stack,
  container: string,
  look: (run: RunSeen) => void = () => undefined,
): Promise<RunSeen> {
  const client = createClient({ address: stack.endpoints().api });
  const began = Date.now();
  const { id } = taken(await client.startRun({ params: { container } }));
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const answer = await client.getRun({ params: { id } }).catch(ifRefused);
    if (answer?.status !== 200) continue;
    const run = { ...answer.body, wallMs: Date.now() - began };
    look(run);
    if (isFinal(run.status)) return run;
  }
}

/** A server that is busy for a moment is asked again. */
function ifRefused(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error;
}
