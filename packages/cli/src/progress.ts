import { createTerminal, printable } from '@contactsheet/terminal';
import type { CliContext } from './cli-context';

/**
 * Progress on standard error: on a terminal one line, rewritten in place; elsewhere a line each ten seconds.
 */
export interface Progress {
  show(line: string): void;
  /** A line of its own that stays. */
  note(line: string): void;
  /** Leaves the last state standing. */
  end(): void;
}

export function createProgress({ stderr, now }: Pick<CliContext, 'stderr' | 'now'>, isQuiet: boolean): Progress {
  if (isQuiet) return { show: () => undefined, note: () => undefined, end: () => undefined };
  const { live, say, settle } = createTerminal(stderr, now);
  return { show: live, note: (line) => say(printable(line)), end: settle };
}
