import { pairLines, tableLines } from '@contactsheet/terminal';
import { MORE } from '../output';

/**
 * Any JSON as text, for answers whose fields the command line does not interpret: they may gain fields without it.
 * Lists of objects become tables, everything else `name  value` lines.
 */
export function plainLines(value: unknown, width?: number): string[] {
  if (Array.isArray(value)) return listLines(value, width);
  if (!isRecord(value)) return [scalar(value)];
  const lists = Object.entries(value).filter(([, one]) => Array.isArray(one) && one.some(isRecord));
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !lists.some(([name]) => name === key)));
  return [
    ...pairLines(flatten(rest), width),
    ...lists.flatMap(([key, list]) => ['', `${key}:`, ...listLines(list as unknown[], width)]),
  ];
}

function listLines(list: readonly unknown[], width?: number): string[] {
  const rows = list.map((item): [string, string][] => (isRecord(item) ? flatten(item) : [['value', scalar(item)]]));
  const titles = [...new Set(rows.flatMap((row) => row.map(([key]) => key)))];
  // What says most comes first; nothing else is known of the fields.
  const columns = titles.map((title, index) => ({
    title: title.toUpperCase(),
    shrinks: 'end' as const,
    ...(index > 0 && { drops: titles.length - index }),
  }));
  return tableLines(
    columns,
    rows.map((row) => titles.map((title) => new Map(row).get(title) ?? '')),
    width,
    MORE,
  );
}

/** Nested names joined by dots. Links are for programs. */
function flatten(value: Readonly<Record<string, unknown>>, above = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]): [string, string][] => {
    if (above === '' && key === 'links') return [];
    return isRecord(inner) ? flatten(inner, `${above}${key}.`) : [[`${above}${key}`, scalar(inner)]];
  });
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((one) => (isRecord(one) ? JSON.stringify(one) : scalar(one))).join(', ');
  return value === undefined || value === null ? '' : String(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
