import { printable } from './text/printable';
import { cut } from './text/width';
import type { World } from './world';

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

const PLAIN_EVERY_MS = 10_000;
const CLEAR = '\r\u001b[2K';

export function createProgress({ stderr, now }: Pick<World, 'stderr' | 'now'>, isQuiet: boolean): Progress {
  if (isQuiet) return { show: () => undefined, note: () => undefined, end: () => undefined };
  return stderr.isTTY === true ? liveProgress(stderr) : plainProgress(stderr, now);
}

function liveProgress(stderr: World['stderr']): Progress {
  let shown: string | undefined;
  const draw = (line: string) => {
    shown = line;
    stderr.write(`${CLEAR}${line}`);
  };
  return {
    show(line) {
      // One column is left free: a full line makes some terminals wrap.
      const text = cut(printable(line), (stderr.columns ?? 80) - 1);
      if (text !== shown) draw(text);
    },
    note(line) {
      stderr.write(`${shown === undefined ? '' : CLEAR}${printable(line)}\n`);
      if (shown !== undefined) draw(shown);
    },
    end() {
      if (shown !== undefined) stderr.write('\n');
      shown = undefined;
    },
  };
}

function plainProgress(stderr: World['stderr'], now: World['now']): Progress {
  let printedAt = Number.NEGATIVE_INFINITY;
  let printed: string | undefined;
  let latest: string | undefined;
  const print = (line: string) => {
    printed = line;
    printedAt = now();
    stderr.write(`${line}\n`);
  };
  return {
    show(line) {
      latest = printable(line);
      if (now() - printedAt >= PLAIN_EVERY_MS) print(latest);
    },
    note(line) {
      stderr.write(`${printable(line)}\n`);
    },
    end() {
      if (latest !== undefined && latest !== printed) print(latest);
    },
  };
}
