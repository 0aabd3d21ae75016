import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { errorCode } from './problem';

/** True while a process with this id exists (a zombie does not count). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  return !isZombie(pid);
}

/**
 * The command line of a process, words joined by one blank, or undefined when there is none. It identifies a process
 * better than its id does: ids are used again, command lines with our folders and ports in them are not.
 */
export function commandOf(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    return words.length > 0 ? words.join(' ') : undefined;
  } catch {
    return commandFromPs(pid);
  }
}

/** The process that started a process. */
export function parentOf(pid: number): number | undefined {
  const words = process.platform === 'linux' ? statWords(pid) : psWords(pid);
  const parent = Number(words?.[1]);
  return Number.isInteger(parent) && parent > 0 ? parent : undefined;
}

/** Its process group. */
export function groupOf(pid: number): number | undefined {
  const words = process.platform === 'linux' ? statWords(pid)?.[2] : askPs(pid, 'pgid=');
  const group = Number(words);
  return Number.isInteger(group) && group > 0 ? group : undefined;
}

function isZombie(pid: number): boolean {
  return statWords(pid)?.[0] === 'Z';
}

/** State, parent, ... of a process on Linux. The name before them, in brackets, may hold anything. */
function statWords(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** For systems without /proc. */
function commandFromPs(pid: number): string | undefined {
  return process.platform === 'linux' ? undefined : askPs(pid, 'command=');
}

function psWords(pid: number): string[] | undefined {
  return askPs(pid, 'stat=,ppid=')?.split(/\s+/);
}

function askPs(pid: number, columns: string): string | undefined {
  try {
    const line = execFileSync('ps', ['-ww', '-o', columns, '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' ? undefined : line;
  } catch {
    return undefined;
  }
}
