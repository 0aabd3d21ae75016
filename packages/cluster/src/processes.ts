/**
 * Long-running programs of the cluster, each with a log file.
 *
 * I1 They outlive this process: another one stops them, by the id in their file and the command line that belongs to it.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandOf, isAlive, Problem, until } from '@contactsheet/dev-stack';

const STOPS_WITHIN_MS = 15_000;

export class Processes {
  private readonly pids: string;
  private readonly logs: string;

  /** `prefix`: words before every command, such as those of nsenter, which become the program. */
  constructor(
    folder: string,
    private readonly prefix: readonly string[] = [],
  ) {
    this.pids = join(folder, 'pids');
    this.logs = join(folder, 'logs');
    for (const each of [this.pids, this.logs]) mkdirSync(each, { recursive: true });
  }

  /** `mountsOf`: a process whose mounts it sees and makes, wherever this process looks from. */
  start(name: string, command: readonly string[], env: NodeJS.ProcessEnv, mountsOf?: string): void {
    const mounts = mountsOf === undefined ? [] : ['nsenter', `--mount=/proc/${this.pid(mountsOf)}/ns/mnt`];
    const [program = '', ...words] = [...mounts, ...this.prefix, ...command];
    const log = openSync(join(this.logs, `${name}.log`), 'a');
    const child = spawn(program, words, { env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    child.on('error', () => undefined); // Seen by whoever waits for it.
    if (child.pid === undefined) throw new Problem(`${name} does not start.`, `Install ${program}.`);
    child.unref();
    writeFileSync(this.file(name), `${child.pid} ${command.join(' ')}`);
  }

  names(): string[] {
    return readdirSync(this.pids);
  }

  /** The id of the process while it is the one that was started. */
  pid(name: string): number | undefined {
    if (!existsSync(this.file(name))) return undefined;
    const { pid, command } = this.record(name);
    return isAlive(pid) && commandOf(pid)?.endsWith(command) ? pid : undefined; // I1
  }

  private record(name: string): { readonly pid: number; readonly command: string } {
    const [pid, ...command] = readFileSync(this.file(name), 'utf8').split(' ');
    return { pid: Number(pid), command: command.join(' ') };
  }

  /** Resolves when it is gone. */
  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const pid = this.pid(name);
    if (pid !== undefined) {
      process.kill(pid, signal);
      if (!(await until(() => !isAlive(pid), { withinMs: STOPS_WITHIN_MS, everyMs: 50 }))) {
        process.kill(pid, 'SIGKILL');
        await until(() => !isAlive(pid), { withinMs: STOPS_WITHIN_MS, everyMs: 50 });
      }
    }
    rmSync(this.file(name), { force: true });
  }

  /** The last lines of its log. */
  tail(name: string, lines = 15): string {
    const file = join(this.logs, `${name}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '';
  }

  /** @throws Problem with the end of its log when `question` stays false, or its process ends */
  async ready(name: string, question: () => boolean | Promise<boolean>, withinMs = 90_000): Promise<void> {
    let isGone = false;
    const isReady = await until(
      async () => {
        isGone = !isAlive(this.record(name).pid);
        return isGone || (await question());
      },
      { withinMs, everyMs: 200 },
    );
    if (isReady && !isGone) return;
    throw new Problem(
      `${name} ${isGone ? 'ended' : 'is not ready'}. The end of its log:\n${this.tail(name)}\n`,
      'Read its log.',
    );
  }

  private file(name: string): string {
    return join(this.pids, name);
  }
}
