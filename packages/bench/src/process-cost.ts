import { readFileSync } from 'node:fs';

/** Linux counts CPU in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

export interface ProcessCost {
  /** User and system time since the process began, milliseconds. */
  readonly cpuMs: number;
  /** Resident memory, bytes. */
  readonly rssBytes: number;
}

/** From /proc; undefined where there is none or the process is gone. */
export function costOf(pid: number): ProcessCost | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces: fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return { cpuMs: (ticks / TICKS_PER_SECOND) * 1000, rssBytes: Number(rss?.[1] ?? 0) * 1024 };
  } catch {
    return undefined;
  }
}
