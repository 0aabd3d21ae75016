import { defined } from '../defined';

/**
 * How services sort names, by the first unit in which two differ.
 *
 * `code-point`: Cosmos DB, and the bytes of UTF-8. `utf-16`: Blob Storage and its emulator, as JavaScript's `<`; an emoji
 * comes before U+E000 to U+FFFF (found by listing a blob per character: blobfile/blobfile#238). `path`: Blob Storage
 * with a hierarchical namespace, where a directory's content follows it at once: `a/b` before `a-b`
 * (Azure/azure-sdk-for-go#24210).
 */
export type NameOrder = 'code-point' | 'utf-16' | 'path';

/** Names with `from < name <= to`; open ends where a bound is absent. */
export interface NameBounds {
  /** Exclusive. */
  readonly from?: string;
  /** Inclusive. */
  readonly to?: string;
  /** What the bounds mean. Absent: code points. */
  readonly order?: NameOrder;
}

export function compareNames(a: string, b: string, order: NameOrder = 'code-point'): -1 | 0 | 1 {
  const rank = RANKS[order];
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) < rank(y) ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

export function isWithin(name: string, { from, to, order }: NameBounds): boolean {
  return (
    (from === undefined || compareNames(name, from, order) > 0) &&
    (to === undefined || compareNames(name, to, order) <= 0)
  );
}

/** The bounds alone, of whatever has some. */
export function boundsOf({ from, to, order }: { [Key in keyof NameBounds]: NameBounds[Key] | undefined }): NameBounds {
  return defined({ from, to, order });
}

/**
 * An interval of code points that holds every name of the bounds: the bounds themselves, unless the two orders disagree
 * about names between them.
 */
export function codePointBounds({ from, to, order = 'code-point' }: NameBounds): NameBounds {
  const lowers: string[] = from === undefined ? [] : [from];
  const uppers: (string | undefined)[] = [to];
  for (const { early, late } of DISAGREEMENTS[order]) {
    // Names that go on as `from` does up to an early unit, and then have a late one, follow it here and not there.
    const lower = beginnings(from, early.has).find(
      (begin) => to === undefined || compareNames(begin + late.first, to, order) <= 0,
    );
    if (lower !== undefined) lowers.push(lower);
    // And the other way round for `to`.
    const upper = beginnings(to, late.has).find(
      (begin) => from === undefined || compareNames(`${begin}${early.last}\uffff`, from, order) > 0,
    );
    if (upper !== undefined) uppers.push(successor(upper + early.last));
  }
  const [lowest] = lowers.sort(compareNames);
  const highest = uppers.some((upper) => upper === undefined)
    ? undefined
    : (uppers as string[]).sort(compareNames).at(-1);
  return boundsOf({ from: lowest === '' ? undefined : lowest, to: highest });
}

type Rank = (unit: number) => number;

const SLASH = 0x2f;
const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;

const RANKS: Readonly<Record<NameOrder, Rank>> = {
  // A surrogate stands for a code point above every other unit.
  'code-point': (unit) => (isSurrogate(unit) ? unit + 0x10000 : unit),
  'utf-16': (unit) => unit,
  path: (unit) => (unit === SLASH ? -1 : unit),
};

/** Units that come before others in an order, and after them in that of code points. */
interface Disagreement {
  readonly early: { readonly has: (unit: number) => boolean; readonly last: string };
  readonly late: { readonly has: (unit: number) => boolean; readonly first: string };
}

const SURROGATES: Disagreement = {
  early: { has: isHighSurrogate, last: '\u{10ffff}' },
  late: { has: (unit) => unit >= 0xe000, first: '\ue000' },
};
const SLASHES: Disagreement = {
  early: { has: (unit) => unit === SLASH, last: '/' },
  late: { has: (unit) => unit < SLASH, first: '\0' },
};

const DISAGREEMENTS: Readonly<Record<NameOrder, readonly Disagreement[]>> = {
  'code-point': [],
  'utf-16': [SURROGATES],
  path: [SURROGATES, SLASHES],
};

/** What stands before each such unit of a name, shortest first. */
function beginnings(name: string | undefined, has: (unit: number) => boolean): string[] {
  if (name === undefined) return [];
  return Array.from({ length: name.length }, (_, i) => i)
    .filter((i) => has(name.charCodeAt(i)))
    .map((i) => name.slice(0, i));
}

/** The first text of code points that is above every text that begins so; undefined when there is none. */
function successor(text: string): string | undefined {
  const points = [...text];
  const last = points.pop()?.codePointAt(0);
  if (last === undefined) return undefined;
  if (last === 0x10ffff) return successor(points.join(''));
  return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}
