import { printable } from './printable';
import { displayWidth, isAddress, padEnd, wrap } from './width';

const GAP = '  ';
const INDENT = 2 * GAP.length;
/** Room for values below which they stand under their names. */
const NARROWEST = 16;

/**
 * `name   value` lines, names aligned; empty values are left out. With a width, values are wrapped between words; one that
 * holds an address is never broken, and stands under its name where it does not fit beside it.
 */
export function pairLines(pairs: readonly (readonly [string, string | undefined])[], width?: number): string[] {
  const shown = pairs.flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[printable(name), printable(value)]],
  );
  const nameWidth = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  const room = (width ?? Number.POSITIVE_INFINITY) - nameWidth - GAP.length;
  return shown.flatMap(([name, value]) => {
    if (displayWidth(value) <= room) return [`${padEnd(name, nameWidth)}${GAP}${value}`];
    if (isAddress(value)) return [name, `${' '.repeat(indentOf(value, width ?? 0))}${value}`];
    if (room < NARROWEST)
      return [name, ...wrap(value, (width ?? 0) - INDENT).map((line) => `${' '.repeat(INDENT)}${line}`)];
    return wrap(value, room).map((line, index) => `${padEnd(index === 0 ? name : '', nameWidth)}${GAP}${line}`);
  });
}

/** As far in as the line has room for. */
function indentOf(value: string, width: number): number {
  return Math.max(0, Math.min(INDENT, width - displayWidth(value)));
}
