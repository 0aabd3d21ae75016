/**
 * One supervised child process of the stack.
 *
 * I1 At most one process of a part is alive at a time.
 * I2 A part that dies is started again after a growing pause, and given up after `QUICK_DEATHS` deaths in a row that each
 *    came before it served, or after SERVING_DEATHS that each came within `STEADY_MS` of the start.
 * I3 `stop` ends the process, by force after its grace, and nothing starts it again.
 * I5 A part serves only when the process that listens on its ports is ours; one whose port somebody else has taken is given
 *    up, and nothing of ours goes on talking to that one.
 * I4 A part that refuses its configuration (exit code 2) is not started again: nothing would be different.
 *
 * The child gets its own process group, so that Ctrl-C reaches the launcher alone, which stops the parts in order.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { tailOf } from './log-file';
import { pause, until } from './pause';
import { asFileProblem, Problem } from './problem';
import { isListenedOn, ownsPorts } from './socket-owner';

export type PartName = 'app' | 'daprd' | 'placement' | 'scheduler' | 'azurite' | 'cosmos' | 'vision' | 'pubsub';

export interface PartDefinition {
  readonly name: PartName;
  /** Program and arguments: the process itself, never a shell or npm around it. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly isReady: () => Promise<boolean>;
  /** Where the process listens. It serves when all of them are its own, whoever answers there. */
  readonly ports?: readonly number[];
  readonly readyWithinMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
}

export type PartEvent =
  | { readonly kind: 'started'; readonly name: PartName; readonly pid: number; readonly again: boolean }
  | { readonly kind: 'ready'; readonly name: PartName; readonly again: boolean }
  | {
      readonly kind: 'died';
      readonly name: PartName;
      readonly pid: number;
      /** `exit code 1` or `SIGKILL`. */
      readonly how: string;
      readonly tail: readonly string[];
      readonly againInMs: number | undefined;
    }
  | { readonly kind: 'given-up'; readonly name: PartName; readonly problem: Problem };

export interface Part {
  readonly name: PartName;
  readonly logFile: string;
  /** Of the process that is alive now. */
  pid(): number | undefined;
  /** Starts the process and waits until it serves. @throws Problem when it never does. */
  start(): Promise<void>;
  /** Waits until the process that is alive, or the one that follows it, serves. */
  ready(withinMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** The next restart waits at least this long. */
  holdRestart(ms: number): void;
  stop(): Promise<void>;
}

export const QUICK_DEATHS = 8;
/** A part that serves and dies again and again still gets somewhere: it is given up much later. */
export const SERVING_DEATHS = 40;
export const STEADY_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** How a program says that its configuration is wrong. */
const REFUSED = 2;

/** Of a part that had been serving: its trouble comes with its work, not with its start. */
const LONGEST_PAUSE_AFTER_SERVING_MS = 2_000;

export function restartPauseMs(deaths: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 1));
}

/** Somebody else listens where a part of ours should. */
export class LostPort extends Problem {
  constructor(part: PartName, port: number) {
    super(`Another program has taken port ${port} of ${part}.`, 'End that program, or start again to use a free port.');
  }
}

export interface Supervision {
  /** False: a part that dies stays dead, and says so. */
  readonly restarts: boolean;
  readonly report: (event: PartEvent) => void;
}

export function createPart(definition: PartDefinition, supervision: Supervision): Part {
  const { name, logFile } = definition;
  let child: ChildProcess | undefined;
  let startedAt = 0;
  let starts = 0;
  let deaths = 0;
  /** In a row, without ever serving. */
  let silentDeaths = 0;
  let heldMs = 0;
  let isServing = false;
  let isStopping = false;
  let givenUp: Problem | undefined;
  let restart: NodeJS.Timeout | undefined;

  function spawnProcess(): void {
    const [program, ...words] = definition.command;
    const log = openLog(logFile);
    startedAt = Date.now();
    const spawned = spawn(program, words, {
      cwd: definition.cwd,
      env: definition.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child = spawned;
    isServing = false;
    spawned.once('error', (error) => ended(spawned, `could not be started: ${error.message}`, undefined));
    spawned.once('exit', (code, signal) => ended(spawned, signal ?? `exit code ${code}`, code ?? undefined));
    if (spawned.pid === undefined) return;
    starts += 1;
    supervision.report({ kind: 'started', name, pid: spawned.pid, again: starts > 1 });
    if (starts > 1) void announceReady(spawned);
  }

  async function announceReady(spawned: ChildProcess): Promise<void> {
    await until(async () => child !== spawned || (await serves()), { withinMs: definition.readyWithinMs });
    if (child === spawned && isServing) supervision.report({ kind: 'ready', name, again: true });
  }

  async function serves(): Promise<boolean> {
    const asked = child;
    if (asked && !isServing && (await definition.isReady()) && child === asked) {
      isServing = ownsPorts(asked.pid ?? 0, definition.ports ?? []); // I5
    }
    return isServing;
  }

  function ended(which: ChildProcess, how: string, code: number | undefined): void {
    if (child !== which) return;
    child = undefined;
    const served = isServing;
    isServing = false;
    if (isStopping) return;
    silentDeaths = served ? 0 : silentDeaths + 1;
    deaths = Date.now() - startedAt < STEADY_MS ? deaths + 1 : 1;
    // All of it, when it lists what is wrong with the configuration.
    const tail = tailOf(logFile, name === 'app' && code === REFUSED ? 100 : 8);
    givenUp = verdict(how, code, tail);
    const againInMs = givenUp || !supervision.restarts ? undefined : Math.max(pauseMs(served), heldMs);
    heldMs = 0;
    supervision.report({ kind: 'died', name, pid: which.pid ?? 0, how, tail, againInMs });
    if (givenUp) supervision.report({ kind: 'given-up', name, problem: givenUp });
    if (againInMs !== undefined) restart = setTimeout(spawnAgain, againInMs);
  }

  function pauseMs(served: boolean): number {
    const ms = restartPauseMs(deaths);
    return served ? Math.min(ms, LONGEST_PAUSE_AFTER_SERVING_MS) : ms;
  }

  function spawnAgain(): void {
    try {
      const lost = lostPort();
      if (lost) throw lost;
      spawnProcess();
    } catch (error) {
      givenUp = error instanceof Problem ? error : new Problem(`${name} cannot be started: ${error}.`, 'Start again.');
      supervision.report({ kind: 'given-up', name, problem: givenUp });
    }
  }

  function verdict(how: string, code: number | undefined, tail: readonly string[]): Problem | undefined {
    if (name === 'app' && code === REFUSED) {
      return new Problem('The configuration is wrong; above is what and why.', 'Correct it and start again.', 2); // I4
    }
    const lost = lostPort();
    if (lost) return lost; // I5
    if (tail.some((line) => /ENOSPC|no space left on device/i.test(line))) {
      return new Problem(`${name} ended because the disk is full.`, 'Free some space and start again.');
    }
    if (silentDeaths >= QUICK_DEATHS || deaths >= SERVING_DEATHS) {
      return new Problem(
        `${name} ended ${deaths} times in a row (${how}). It is not started again.`,
        `Read ${logFile}, cure what it says and start again.`, // I2
      );
    }
    return undefined;
  }

  /** Nothing of ours is alive when this is asked. */
  function lostPort(): LostPort | undefined {
    const taken = definition.ports?.find(isListenedOn);
    return taken === undefined ? undefined : new LostPort(name, taken);
  }

  async function ready(withinMs = definition.readyWithinMs): Promise<void> {
    const settled = await until(async () => givenUp !== undefined || isStopping || (await serves()), {
      withinMs,
      everyMs: 50,
    });
    if (givenUp) throw givenUp;
    if (settled) return;
    throw new Problem(
      `${name} does not answer ${Math.round(withinMs / 1000)} s after its start.`,
      `Read ${logFile}; the last lines: ${tailOf(logFile, 3).join(' | ') || 'none'}.`,
    );
  }

  async function stop(): Promise<void> {
    isStopping = true; // I3
    clearTimeout(restart);
    const last = child;
    if (!last) return;
    const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()));
    last.kill('SIGTERM');
    const force = setTimeout(() => last.kill('SIGKILL'), definition.graceMs);
    // `exit` may have come between the look and the listening.
    await Promise.race([gone, untilGone(last)]);
    clearTimeout(force);
  }

  return {
    name,
    logFile,
    pid: () => child?.pid,
    async start() {
      if (child) return; // I1
      spawnProcess();
      await ready();
    },
    ready,
    kill: (signal) => {
      child?.kill(signal);
    },
    holdRestart: (ms) => {
      heldMs = ms;
    },
    stop,
  };
}

async function untilGone(child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) await pause(20);
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (error) {
    throw asFileProblem(error, file);
  }
}
