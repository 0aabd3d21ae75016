/**
 * The built-in functions of the subset, by their documented meaning ("System functions", Cosmos DB documentation).
 *
 * F1 A function of strings or arrays answers undefined when an argument has another type; IS_... always answer a boolean.
 */
import { compareStrings, equals, isArray, isObject, type Json, type Value } from './values';

export interface BuiltIn {
  readonly least: number;
  readonly most: number;
  call(args: readonly Value[]): Value;
}

const check = (test: (value: Value) => boolean): BuiltIn => ({ least: 1, most: 1, call: ([value]) => test(value) });

/** Two strings and an optional flag that ignores case. */
const search = (test: (text: string, part: string) => boolean): BuiltIn => ({
  least: 2,
  most: 3,
  call: (args) => {
    const [text, part] = args;
    const ignoresCase = args.length > 2 ? args[2] : false;
    if (typeof text !== 'string' || typeof part !== 'string' || typeof ignoresCase !== 'boolean') return undefined;
    return ignoresCase ? test(text.toLowerCase(), part.toLowerCase()) : test(text, part);
  },
});

const ofString = (apply: (text: string) => Json): BuiltIn => ({
  least: 1,
  most: 1,
  call: ([text]) => (typeof text === 'string' ? apply(text) : undefined),
});

/** Every field of `part` is in `whole` with the same value; objects inside are matched the same way. */
function includesPart(whole: Json, part: Json): boolean {
  if (!isObject(whole) || !isObject(part)) return equals(whole, part);
  return Object.entries(part).every(([key, value]) => {
    const found = Object.hasOwn(whole, key) ? whole[key] : undefined;
    return found !== undefined && includesPart(found, value);
  });
}

const arrayContains: BuiltIn = {
  least: 2,
  most: 3,
  call: (args) => {
    const [list, wanted] = args;
    const partial = args.length > 2 ? args[2] : false;
    if (!isArray(list) || wanted === undefined || typeof partial !== 'boolean') return undefined;
    return list.some((item) => (partial ? includesPart(item, wanted) : equals(item, wanted)));
  },
};

export const FUNCTIONS: Readonly<Record<string, BuiltIn>> = {
  IS_DEFINED: check((value) => value !== undefined),
  IS_NULL: check((value) => value === null),
  IS_STRING: check((value) => typeof value === 'string'),
  IS_NUMBER: check((value) => typeof value === 'number'),
  IS_BOOL: check((value) => typeof value === 'boolean'),
  IS_ARRAY: check(isArray),
  IS_OBJECT: check(isObject),
  ARRAY_CONTAINS: arrayContains,
  ARRAY_LENGTH: { least: 1, most: 1, call: ([list]) => (isArray(list) ? list.length : undefined) },
  STARTSWITH: search((text, part) => text.startsWith(part)),
  ENDSWITH: search((text, part) => text.endsWith(part)),
  CONTAINS: search((text, part) => text.includes(part)),
  STRINGEQUALS: search((text, part) => compareStrings(text, part) === 0),
  LOWER: ofString((text) => text.toLowerCase()),
  UPPER: ofString((text) => text.toUpperCase()),
};
