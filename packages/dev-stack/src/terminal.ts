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
  const width = () => Math.max(60, screen.columns ?? 160);

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
  /** Of the width, when not everything fits. A column that needs less leaves the rest to the others; absent: all it needs. */
  readonly share?: number;
}

/** A table whose columns share the width of the terminal; cells are cleaned of control characters and cut. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const cells = rows.map((row) => columns.map((_, index) => printable(row[index] ?? '')));
  const needs = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((row) => [...(row[index] ?? '')].length)),
  );
  const widths = shareOut(columns, needs, width - 2 * (columns.length - 1));
  const line = (texts: readonly string[]) =>
    widths
      .map((cellWidth, index) => {
        const text = cut(texts[index] ?? '', cellWidth);
        return text + ' '.repeat(cellWidth - [...text].length);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), widths.map((w) => '─'.repeat(w)).join('  '), ...cells.map(line)];
}

/** Gives each column what it needs while that is less than its share of what is left, and the others their shares. */
function shareOut(columns: readonly Column[], needs: readonly number[], width: number): number[] {
  const widths = columns.map((column, index) => (column.share === undefined ? (needs[index] ?? 0) : 0));
  let open = columns.flatMap((column, index) => (column.share === undefined ? [] : [index]));
  for (;;) {
    const left = width - widths.reduce((sum, each) => sum + each, 0);
    const shares = open.reduce((sum, index) => sum + (columns[index]?.share ?? 0), 0);
    const part = (index: number) => Math.max(6, Math.floor((left * (columns[index]?.share ?? 0)) / shares));
    const modest = open.filter((index) => (needs[index] ?? 0) <= part(index));
    const settled = modest.length > 0 ? modest : open;
    const given = settled.map((index): [number, number] => [index, Math.min(needs[index] ?? 0, part(index))]);
    for (const [index, each] of given) widths[index] = each;
    if (settled === open) return widths;
    open = open.filter((index) => !modest.includes(index));
    if (open.length === 0) return widths;
  }
}
