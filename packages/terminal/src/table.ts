import { printable } from './printable';
import { cut, displayWidth, isAddress, padEnd, padStart } from './width';

/**
 * Tables of one line a row.
 *
 * I1 Every cell is made printable here.
 * I2 With a width no line is longer; without one (a pipe, a file) nothing is cut.
 * I3 A column that cannot say enough is left out before the others say too little, and the table tells which.
 * I4 An address is never cut: its column is left out where it does not fit. Where nothing else is left it sticks out.
 */
export interface Column {
  readonly title: string;
  /** How it gives way when not everything fits; absent: it keeps what it needs. */
  readonly shrinks?: 'end' | 'middle';
  /** The fewest columns of the terminal in which it says enough, when it shrinks. */
  readonly least?: number;
  readonly align?: 'right';
  /** Left out when there is no room for all: one without a word first, then the lowest number; absent: never. */
  readonly drops?: number;
  /** Colours a cell; its width is measured before. */
  readonly paint?: (padded: string, cell: string) => string;
}

const GAP = '  ';
/** Below this a column that shrinks says too little. */
const LEAST = 16;
/** Where no more columns can go, those that shrink go on down to this. */
const NARROWEST = 8;

export interface Table {
  /** Titles of the columns that there was no room for. I3 */
  readonly leftOut: readonly string[];
  header(): string;
  line(cells: readonly string[]): string;
}

/** Widths follow from the rows at hand; later rows are fitted to them (I2), or stick out where nothing is cut. */
export function createTable(all: readonly Column[], rows: readonly (readonly string[])[], width?: number): Table {
  const measured = all.map((column, index) => measure(column, rows, index));
  const isKept = keep(measured, width);
  const kept = measured.filter((_, index) => isKept[index]);
  const table = fittedTable(kept, width);
  return {
    leftOut: all.filter((_, index) => !isKept[index]).map(({ title }) => title),
    header: table.header,
    line: (cells) => table.line(all.flatMap((_, index) => (isKept[index] ? [cells[index] ?? ''] : []))),
  };
}

/** `more` says how to see what is left out; it is a last line after the titles of those columns. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width?: number,
  more?: string,
): string[] {
  const table = createTable(columns, rows, width);
  const isTold = more !== undefined && table.leftOut.length > 0;
  return [
    table.header(),
    ...rows.map((row) => table.line(row)),
    ...(isTold ? [`(No room for ${table.leftOut.join(', ')}: ${more})`] : []),
  ];
}

interface Measured extends Column {
  /** Columns of the terminal that the longest cell takes. */
  readonly need: number;
  readonly hasAddress: boolean;
  readonly isEmpty: boolean;
}

function measure(column: Column, rows: readonly (readonly string[])[], index: number): Measured {
  const cells = rows.map((row) => printable(row[index] ?? ''));
  const need = Math.max(displayWidth(column.title), ...cells.map(displayWidth));
  return { ...column, need, hasAddress: cells.some(isAddress), isEmpty: cells.every((cell) => cell === '') };
}

function canShrink({ shrinks, hasAddress }: Measured): boolean {
  return shrinks !== undefined && !hasAddress; // I4
}

function widthOf(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one, GAP.length * Math.max(0, widths.length - 1));
}

/** Which columns there is room for, each as narrow as it may be. I3 */
function keep(columns: readonly Measured[], width = Number.POSITIVE_INFINITY): boolean[] {
  const isKept = columns.map(() => true);
  const least = columns.map((column) =>
    canShrink(column) ? Math.min(column.need, column.least ?? LEAST) : column.need,
  );
  const order = [...columns.entries()]
    .map(([index, column]) => ({ index, drops: dropsOf(column), isEmpty: column.isEmpty }))
    .filter(({ drops }) => drops < NEVER)
    .sort((a, b) => Number(b.isEmpty) - Number(a.isEmpty) || a.drops - b.drops);
  for (const { index } of order) {
    const kept = least.filter((_, each) => isKept[each]);
    if (kept.length === 1 || widthOf(kept) <= width) break;
    isKept[index] = false;
  }
  return isKept;
}

/** Of a column that stays. */
const NEVER = Number.POSITIVE_INFINITY;

function dropsOf({ drops, hasAddress }: Measured): number {
  return drops ?? (hasAddress ? Number.MAX_VALUE : NEVER); // I4
}

function fittedTable(columns: readonly Measured[], width?: number): Omit<Table, 'leftOut'> {
  const needs = columns.map(({ need }) => need);
  const widths = width === undefined ? needs : shrink(columns, needs, width);
  const mayStickOut = columns.some(({ hasAddress }) => hasAddress); // I4
  const line = (cells: readonly string[], isHeader: boolean) => {
    const text = columns
      .map((column, index) => {
        const cell = printable(cells[index] ?? ''); // I1
        const room = widths[index] ?? 0;
        const shown = width === undefined || isAddress(cell) ? cell : cut(cell, room, column.shrinks);
        const padded = column.align === 'right' ? padStart(shown, room) : padEnd(shown, room);
        return isHeader || !column.paint ? padded : column.paint(padded, cell);
      })
      .join(GAP)
      .trimEnd();
    if (width === undefined || mayStickOut || displayWidth(stripColors(text)) <= width) return text;
    return cut(stripColors(text), width); // I2
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

/** Takes from the widest of the columns that shrink until all fit: first what they can spare, then down to almost nothing. */
function shrink(columns: readonly Measured[], needs: readonly number[], width: number): number[] {
  const widths = [...needs];
  for (const floorOf of [({ least }: Measured) => least ?? LEAST, () => NARROWEST]) {
    while (widthOf(widths) > width) {
      const widest = columns.reduce<number | undefined>((best, column, index) => {
        const each = widths[index] ?? 0;
        if (!canShrink(column) || each <= floorOf(column)) return best;
        return best === undefined || each > (widths[best] ?? 0) ? index : best;
      }, undefined);
      if (widest === undefined) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
  return widths;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are ours.
const COLORS = /\u001b\[\d+m/g;

function stripColors(text: string): string {
  return text.replace(COLORS, '');
}
