import { printable } from './printable';
import { cut, displayWidth, padEnd, padStart } from './width';

/**
 * Tables of one line a row.
 *
 * I1 Every cell is made printable here.
 * I2 With a width no line is longer; without one (a pipe, a file) nothing is cut.
 */
export interface Column {
  readonly title: string;
  /** How it gives way when not everything fits; absent: it keeps what it needs as long as any other can give. */
  readonly shrinks?: 'end' | 'middle';
  readonly align?: 'right';
  /** Left out when there is no room for all, the lowest number first; absent: never. */
  readonly drops?: number;
  /** Colours a cell; its width is measured before. */
  readonly paint?: (padded: string, cell: string) => string;
}

const GAP = '  ';
/** Below this a column that shrinks says nothing any more. */
const NARROWEST = 8;

export interface Table {
  header(): string;
  line(cells: readonly string[]): string;
}

/** Widths follow from the rows at hand; later rows are fitted to them (I2), or stick out where nothing is cut. */
export function createTable(all: readonly Column[], rows: readonly (readonly string[])[], width?: number): Table {
  const isKept = keep(all, rows, width);
  const columns = all.filter((_, index) => isKept[index]);
  const keptOf = (cells: readonly string[]) => cells.filter((_, index) => isKept[index]);
  const table = fittedTable(columns, rows.map(keptOf), width);
  return { header: table.header, line: (cells) => table.line(keptOf(cells)) };
}

function fittedTable(columns: readonly Column[], rows: readonly (readonly string[])[], width?: number): Table {
  const needs = needsOf(columns, rows);
  const widths = width === undefined ? needs : shrink(columns, needs, width - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[], isHeader: boolean) => {
    const text = columns
      .map((column, index) => {
        const cell = printable(cells[index] ?? ''); // I1
        const room = widths[index] ?? 0;
        const shown = width === undefined ? cell : cut(cell, room, column.shrinks);
        const padded = column.align === 'right' ? padStart(shown, room) : padEnd(shown, room);
        return isHeader || !column.paint ? padded : column.paint(padded, cell);
      })
      .join(GAP)
      .trimEnd();
    return width === undefined || displayWidth(stripColors(text)) <= width ? text : cut(stripColors(text), width); // I2
  };
  return {
    header: () =>
      line(
        columns.map(({ title }) => title),
        true,
      ),
    line: (cells) => line(cells, false),
  };
}

export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width?: number): string[] {
  const table = createTable(columns, rows, width);
  return [table.header(), ...rows.map((row) => table.line(row))];
}

function needsOf(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(printable(row[index] ?? '')))),
  );
}

/** Which columns there is room for, each as narrow as it can be. */
function keep(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): boolean[] {
  const isKept = columns.map(() => true);
  const least = needsOf(columns, rows).map((need, index) =>
    columns[index]?.shrinks === undefined ? need : Math.min(need, NARROWEST),
  );
  const order = [...columns.entries()]
    .filter(([, { drops }]) => drops !== undefined)
    .sort(([, a], [, b]) => (a.drops ?? 0) - (b.drops ?? 0));
  for (const [index] of order) {
    const kept = least.filter((_, each) => isKept[each]);
    if (kept.reduce((sum, one) => sum + one, GAP.length * (kept.length - 1)) <= width) break;
    isKept[index] = false;
  }
  return isKept;
}

/** Takes from the widest of the columns that shrink until all fit, or none can give more. */
function shrink(columns: readonly Column[], needs: readonly number[], room: number): number[] {
  const widths = [...needs];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  for (; excess > 0; excess--) {
    const widest = columns.reduce<number | undefined>((best, column, index) => {
      const width = widths[index] ?? 0;
      if (column.shrinks === undefined || width <= NARROWEST) return best;
      return best === undefined || width > (widths[best] ?? 0) ? index : best;
    }, undefined);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are ours.
const COLORS = /\u001b\[\d+m/g;

function stripColors(text: string): string {
  return text.replace(COLORS, '');
}

/** `name   value` lines, names aligned; empty values are left out. */
export function pairLines(pairs: readonly (readonly [string, string | undefined])[]): string[] {
  const shown = pairs.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  const width = Math.max(0, ...shown.map(([name]) => displayWidth(printable(name))));
  return shown.map(([name, value]) => `${padEnd(printable(name), width)}${GAP}${printable(value)}`);
}
