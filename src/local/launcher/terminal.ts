/**
 * What a person sees. Lines go to standard output; one of them may be live, rewritten in place on a terminal and printed
 * now and then where there is none (a file, a pipe, CI).
 */
import { printable } from './log-file';

export interface Terminal {
  readonly width: number;
  say(line?: string): void;
  /** Replaces the live line. */
  live(line: string): void;
  /** Ends the live line: it stays as it is. */
  settle(): void;
}

const QUIET_EVERY_MS = 10_000;

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function createTerminal(screen: Screen = process.stdout, now: () => number = Date.now): Terminal {
  const isLive = screen.isTTY === true;
  let shown: string | undefined;
  let latest: string | undefined;
  let printedAt = Number.NEGATIVE_INFINITY;
  const width = () => Math.max(60, screen.columns ?? 120);

  function settle(): void {
    if (isLive && shown !== undefined) screen.write('\n');
    if (!isLive && latest !== undefined && latest !== shown) screen.write(`${latest}\n`);
    shown = undefined;
    latest = undefined;
    printedAt = Number.NEGATIVE_INFINITY;
  }

  return {
    get width() {
      return width();
    },
    say(line = '') {
      const interrupted = isLive ? shown : undefined;
      if (interrupted !== undefined) screen.write('\r\u001b[2K');
      screen.write(`${line}\n`);
      if (interrupted !== undefined) screen.write(interrupted);
    },
    live(line) {
      latest = cut(printable(line), width() - 1);
      if (isLive) {
        if (latest !== shown) screen.write(`\r\u001b[2K${latest}`);
        shown = latest;
      } else if (now() - printedAt >= QUIET_EVERY_MS) {
        screen.write(`${latest}\n`);
        shown = latest;
        printedAt = now();
      }
    },
    settle,
  };
}

/** At most `width` characters, the last one an ellipsis when something is left out. */
export function cut(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

export interface Column {
  readonly title: string;
  /** Share of the width that is left after the fixed columns. */
  readonly share: number;
}

/** A table whose columns share the width of the terminal; cells are cleaned of control characters and cut. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const gaps = 2 * (columns.length - 1);
  const shares = columns.reduce((sum, column) => sum + column.share, 0);
  const widths = columns.map((column, index) => {
    const needed = Math.max(column.title.length, ...rows.map((row) => [...printable(row[index] ?? '')].length));
    return Math.min(needed, Math.max(6, Math.floor(((width - gaps) * column.share) / shares)));
  });
  const line = (cells: readonly string[]) =>
    widths
      .map((cellWidth, index) => {
        const text = cut(printable(cells[index] ?? ''), cellWidth);
        return text + ' '.repeat(cellWidth - [...text].length);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), widths.map((w) => '─'.repeat(w)).join('  '), ...rows.map(line)];
}
