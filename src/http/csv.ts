/**
 * Lines of CSV (RFC 4180).
 *
 * I1 A cell that a spreadsheet would run as a formula begins with an apostrophe: blob names come from outside.
 * I2 A cell is quoted when it holds what any dialect separates by: a spreadsheet of another country reads `;` or tabs.
 */
export type Cell = string | number | boolean | undefined;

/** What begins a formula in a spreadsheet, in wide letters too, or hides one. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell; // I1
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
