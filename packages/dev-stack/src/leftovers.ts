/**
 * Processes of a stack whose launcher ended without stopping them (SIGKILL, a crash).
 *
 * I1 Only a process whose command line is the recorded one is ended: an id alone may belong to somebody else by now.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import type { Home } from './home';
import { until } from './pause';
import { commandOf, isAlive } from './process-table';

export interface Recorded {
  readonly name: string;
  readonly pid: number;
  readonly command: string;
}

/** Where the record lies: a home, or whatever else names and writes files. */
type Folder = Pick<Home, 'at' | 'write'>;

const FILE = 'pids';

/** One line per process: id, name, command line. Rewritten whenever a part starts. */
export function recordProcesses(home: Folder, processes: readonly Recorded[]): void {
  home.write(FILE, processes.map(({ pid, name, command }) => `${pid}\t${name}\t${command}\n`).join(''));
}

/** What the record says of a part: nothing while it has no process. */
export function runningOf(part: { readonly name: string; pid(): number | undefined }): Recorded[] {
  const pid = part.pid();
  return pid === undefined ? [] : [{ name: part.name, pid, command: commandOf(pid) ?? '' }];
}

export function forgetProcesses(home: Folder): void {
  rmSync(home.at(FILE), { force: true });
}

/** Ends what an earlier launcher left behind and returns it. */
export async function endLeftovers(home: Home): Promise<Recorded[]> {
  const left = recorded(home).filter(isTheSame);
  for (const { pid } of left) signal(pid, 'SIGTERM');
  const allGone = () => left.every((process) => !isTheSame(process));
  if (!(await until(allGone, { withinMs: 4_000 }))) {
    for (const each of left.filter(isTheSame)) signal(each.pid, 'SIGKILL');
    await until(allGone, { withinMs: 2_000 });
  }
  forgetProcesses(home);
  return left;
}

/**
 * A shell that outlives the launcher for a moment: when the launcher is gone without a word, its end of the pipe closes
 * and the recorded processes are ended. After an orderly stop the record is gone and nothing happens.
 */
export function startGuardian(home: Folder): { end(): void } {
  const script = `
    read -r _
    said() { if [ -r "/proc/$1/cmdline" ]; then tr '\\0' ' ' < "/proc/$1/cmdline"; else ps -ww -o command= -p "$1"; fi; }
    same() { case "$(said "$1")" in "$2" | "$2 ") return 0;; esac; return 1; }
    each() { [ -f "$1" ] && while IFS="$(printf '\\t')" read -r pid name command; do same "$pid" "$command" && kill "-$2" "$pid" 2>/dev/null; done < "$1"; }
    each "$1" TERM || exit 0
    sleep 3
    each "$1" KILL
    exit 0`;
  const shell = spawn('/bin/sh', ['-c', script, 'contactsheet-guardian', home.at(FILE)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return { end: () => shell.stdin.destroy() };
}

function recorded(home: Home): Recorded[] {
  let text: string;
  try {
    text = readFileSync(home.at(FILE), 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [pid, name = '', command = ''] = line.split('\t');
    return pid && Number(pid) > 1 && command ? [{ pid: Number(pid), name, command }] : [];
  });
}

function isTheSame({ pid, command }: Recorded): boolean {
  return isAlive(pid) && commandOf(pid) === command; // I1
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}
