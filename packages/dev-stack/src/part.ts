/**
 * One supervised child process of the stack.
 *
 * I1 At most one process of a part is alive at a time.
 * I2 A part that dies is started again after a growing pause, and given up after too many deaths in a row (`deaths.ts`).
 * I3 `stop` ends the process, by force after its grace, and nothing starts it again.
 * I4 A part that refuses its configuration (exit code 2) is not started again: nothing would be different.
 * I5 A part serves only when the process that listens on its ports is ours. If somebody else has taken one of them, the
 *    part is given up, and nothing of ours talks to that program.
 *
 * The child gets its own process group, so that Ctrl-C reaches the launcher alone, which stops the parts in order.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Deaths } from './deaths';
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

/** How a program says that its configuration is wrong. */
const REFUSED = 2;

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
  return new SupervisedPart(definition, supervision);
}

class SupervisedPart implements Part {
  readonly name: PartName;
  readonly logFile: string;
  private readonly deaths = new Deaths();
  private child: ChildProcess | undefined;
  private startedAt = 0;
  private starts = 0;
  private heldMs = 0;
  private isServing = false;
  private isStopping = false;
  private givenUp: Problem | undefined;
  private restart: NodeJS.Timeout | undefined;

  constructor(
    private readonly definition: PartDefinition,
    private readonly supervision: Supervision,
  ) {
    this.name = definition.name;
    this.logFile = definition.logFile;
  }

  pid(): number | undefined {
    return this.child?.pid;
  }

  async start(): Promise<void> {
    if (this.child) return; // I1
    this.spawnProcess();
    await this.ready();
  }

  async ready(withinMs = this.definition.readyWithinMs): Promise<void> {
    const isSettled = async () => this.givenUp !== undefined || this.isStopping || (await this.serves());
    const settled = await until(isSettled, { withinMs, everyMs: 50 });
    if (this.givenUp) throw this.givenUp;
    if (settled) return;
    throw new Problem(
      `${this.name} does not answer ${Math.round(withinMs / 1000)} s after its start.`,
      `Read ${this.logFile}; the last lines: ${tailOf(this.logFile, 3).join(' | ') || 'none'}.`,
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  holdRestart(ms: number): void {
    this.heldMs = ms;
  }

  async stop(): Promise<void> {
    this.isStopping = true; // I3
    clearTimeout(this.restart);
    const last = this.child;
    if (!last) return;
    const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()));
    last.kill('SIGTERM');
    const force = setTimeout(() => last.kill('SIGKILL'), this.definition.graceMs);
    // `exit` may have come between the look and the listening.
    await Promise.race([gone, untilGone(last)]);
    clearTimeout(force);
  }

  private spawnProcess(): void {
    const { cwd, env, command } = this.definition;
    const [program, ...words] = command;
    const log = openLog(this.logFile);
    this.startedAt = Date.now();
    const spawned = spawn(program, words, { cwd, env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.child = spawned;
    this.isServing = false;
    spawned.once('error', (error) => this.ended(spawned, `could not be started: ${error.message}`, undefined));
    spawned.once('exit', (code, signal) => this.ended(spawned, signal ?? `exit code ${code}`, code ?? undefined));
    if (spawned.pid === undefined) return;
    this.starts += 1;
    this.report({ kind: 'started', name: this.name, pid: spawned.pid, again: this.starts > 1 });
    if (this.starts > 1) void this.announceReady(spawned);
  }

  private async announceReady(spawned: ChildProcess): Promise<void> {
    const { readyWithinMs } = this.definition;
    await until(async () => this.child !== spawned || (await this.serves()), { withinMs: readyWithinMs });
    if (this.child === spawned && this.isServing) this.report({ kind: 'ready', name: this.name, again: true });
  }

  private async serves(): Promise<boolean> {
    const asked = this.child;
    if (asked && !this.isServing && (await this.definition.isReady()) && this.child === asked) {
      this.isServing = ownsPorts(asked.pid ?? 0, this.definition.ports ?? []); // I5
    }
    return this.isServing;
  }

  private ended(which: ChildProcess, how: string, code: number | undefined): void {
    if (this.child !== which) return;
    const hadServed = this.isServing;
    this.child = undefined;
    this.isServing = false;
    if (this.isStopping) return;
    this.deaths.add({ livedMs: Date.now() - this.startedAt, hadServed });
    const isRefusal = this.name === 'app' && code === REFUSED;
    // All of it, when it lists what is wrong with the configuration.
    const tail = tailOf(this.logFile, isRefusal ? 100 : 8);
    const problem = this.reasonToGiveUp(how, isRefusal, tail);
    const againInMs = problem || !this.supervision.restarts ? undefined : Math.max(this.deaths.pauseMs, this.heldMs);
    this.heldMs = 0;
    this.report({ kind: 'died', name: this.name, pid: which.pid ?? 0, how, tail, againInMs });
    if (problem) this.giveUp(problem);
    if (againInMs !== undefined) this.restart = setTimeout(() => this.spawnAgain(), againInMs);
  }

  private reasonToGiveUp(how: string, isRefusal: boolean, tail: readonly string[]): Problem | undefined {
    if (isRefusal) {
      return new Problem('The configuration is wrong; above is what and why.', 'Correct it and start again.', 2); // I4
    }
    const lost = this.lostPort();
    if (lost) return lost; // I5
    if (tail.some((line) => /ENOSPC|no space left on device/i.test(line))) {
      return new Problem(`${this.name} ended because the disk is full.`, 'Free some space and start again.');
    }
    if (this.deaths.areTooMany) {
      return new Problem(
        `${this.name} ended ${this.deaths.count} times in a row (${how}). It is not started again.`,
        `Read ${this.logFile}, cure what it says and start again.`, // I2
      );
    }
    return undefined;
  }

  private spawnAgain(): void {
    try {
      const lost = this.lostPort();
      if (lost) throw lost;
      this.spawnProcess();
    } catch (error) {
      const isKnown = error instanceof Problem;
      this.giveUp(isKnown ? error : new Problem(`${this.name} cannot be started: ${error}.`, 'Start again.'));
    }
  }

  private giveUp(problem: Problem): void {
    this.givenUp = problem;
    this.report({ kind: 'given-up', name: this.name, problem });
  }

  /** Nothing of ours is alive when this is asked. */
  private lostPort(): LostPort | undefined {
    const taken = this.definition.ports?.find(isListenedOn);
    return taken === undefined ? undefined : new LostPort(this.name, taken);
  }

  private report(event: PartEvent): void {
    this.supervision.report(event);
  }
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
