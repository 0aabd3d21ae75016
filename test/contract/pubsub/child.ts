import { type ChildProcess, spawn } from 'node:child_process';

/** A process that a test may kill, with all that it said. */
export interface Child {
  readonly pid: number;
  output(): string;
  isAlive(): boolean;
  /** Sends the signal and resolves when the process is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
  readonly gone: Promise<void>;
}

export interface ChildOptions {
  readonly program?: string;
  readonly words: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Resolves the start once this is on its output. */
  readonly says?: RegExp;
}

const START_WITHIN_MS = 30_000;

export async function startChild({ program = process.execPath, words, env = {}, says }: ChildOptions): Promise<Child> {
  const { NODE_OPTIONS, NODE_ENV, JEST_WORKER_ID, ...inherited } = process.env;
  const spawned = spawn(program, [...words], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const gone = new Promise<void>((resolve) => spawned.once('exit', () => resolve()).once('error', () => resolve()));
  const said = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      if (says?.test(output)) resolve();
    };
    spawned.stdout.on('data', read);
    spawned.stderr.on('data', read);
    if (!says) resolve();
  });
  const child: Child = {
    pid: spawned.pid ?? 0,
    output: () => output,
    isAlive: () => isAlive(spawned),
    async end(signal = 'SIGKILL') {
      if (isAlive(spawned)) spawned.kill(signal);
      await gone;
    },
    gone,
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it says nothing')), START_WITHIN_MS);
  });
  const died = gone.then(() => Promise.reject(new Error('it ended')));
  try {
    await Promise.race([said, died, late]);
    return child;
  } catch (error) {
    await child.end();
    throw new Error(
      `${program} ${words.join(' ')} did not start, ${error instanceof Error ? error.message : error}:\n${output}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
