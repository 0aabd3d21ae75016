import { spawn } from 'node:child_process';
import { Problem } from '@contactsheet/dev-stack';

export interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** A program that ended with another code than 0. */
export class CommandFailure extends Problem {
  constructor(
    readonly program: string,
    words: readonly string[],
    /** What it wrote to stderr. */
    readonly said: string,
  ) {
    super(
      `\`${[program, ...words].join(' ').slice(0, 200)}\` failed: ${said.trim().split('\n').slice(-4).join(' | ')}`,
      'Read what it says.',
    );
  }
}

/** Runs a program to its end and returns what it prints. @throws CommandFailure, Problem when it is not there */
export function run(program: string, words: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input, ...spawning } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { ...spawning, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err = (err + data).slice(-20_000);
    });
    child.stdin.on('error', () => undefined); // It ended before it read all: its code says why.
    child.stdin.end(input ?? '');
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Problem(`There is no ${program} here.`, `Install ${program}.`) : error),
    );
    child.once('close', (code) => (code === 0 ? resolve(out) : reject(new CommandFailure(program, words, err || out))));
  });
}
