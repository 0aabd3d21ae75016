import { printable } from './printable';
import { cut } from './width';

/**
 * What a person sees. Lines go to one stream; one of them may be live, rewritten in place on a terminal and printed now and
 * then where there is none (a file, a pipe, CI).
 */
export interface Terminal {
  /** Columns of the terminal; undefined where there is none and nothing is cut. */
  readonly width: number | undefined;
  /** A line of its own that stays. */
  say(line?: string): void;
  /** Replaces the live line. */
  live(line: string): void;
  /** Ends the live line: it stays as it is. */
  settle(): void;
}

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const QUIET_EVERY_MS = 10_000;
const CLEAR = '\r\u001b[2K';
/** Of a terminal that does not say how wide it is. */
const USUAL_WIDTH = 80;

export function createTerminal(screen: Screen = process.stdout, now: () => number = Date.now): Terminal {
  return screen.isTTY === true ? liveTerminal(screen) : plainTerminal(screen, now);
}

/** Of a stream, where it is a terminal. */
export function widthOf({ isTTY, columns }: Pick<Screen, 'isTTY' | 'columns'>): number | undefined {
  return isTTY === true ? columns || USUAL_WIDTH : undefined;
}

function liveTerminal(screen: Screen): Terminal {
  let shown: string | undefined;
  const width = () => widthOf(screen) ?? USUAL_WIDTH;
  return {
    get width() {
      return width();
    },
    say(line = '') {
      screen.write(`${shown === undefined ? '' : CLEAR}${line}\n${shown ?? ''}`);
    },
    live(line) {
      // One column is left free: a full line makes some terminals wrap.
      const text = cut(printable(line), width() - 1);
      if (text !== shown) screen.write(`${CLEAR}${text}`);
      shown = text;
    },
    settle() {
      if (shown !== undefined) screen.write('\n');
      shown = undefined;
    },
  };
}

function plainTerminal(screen: Screen, now: () => number): Terminal {
  let printedAt = Number.NEGATIVE_INFINITY;
  let printed: string | undefined;
  let latest: string | undefined;
  const print = (line: string) => {
    printed = line;
    printedAt = now();
    screen.write(`${line}\n`);
  };
  return {
    width: undefined,
    say(line = '') {
      screen.write(`${line}\n`);
    },
    live(line) {
      latest = printable(line);
      if (now() - printedAt >= QUIET_EVERY_MS) print(latest);
    },
    settle() {
      if (latest !== undefined && latest !== printed) print(latest);
      printed = undefined;
      latest = undefined;
      printedAt = Number.NEGATIVE_INFINITY;
    },
  };
}
