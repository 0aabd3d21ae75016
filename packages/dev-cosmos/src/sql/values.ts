/**
 * JSON values as Cosmos SQL sees them: `undefined` is a value of its own, types never convert into one another.
 *
 * V1 Strings compare by Unicode code point, which is the order of their UTF-8 bytes and so of SQLite's BINARY collation.
 *    JavaScript's own `<` compares UTF-16 units and differs above U+FFFF: never use it here.
 * V2 `=` and `!=` of two defined values of different types answer false and true; `<` and its kin answer undefined.
 * V3 Between types the order is null, false, true, number, string, array, object ("ORDER BY clause", Cosmos DB documentation).
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
export type Value = Json | undefined;

export const isObject = (value: Value): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isArray = (value: Value): value is readonly Json[] => Array.isArray(value);

/** Place of a value's type in the order of V3; 0 is undefined. The same numbers are computed by SQLite (see plan.ts). */
export function typeRank(value: Value): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (value === false) return 2;
  if (value === true) return 3;
  if (typeof value === 'number') return 4;
  if (typeof value === 'string') return 5;
  return Array.isArray(value) ? 6 : 7;
}

/** V1. Negative, zero or positive. */
export function compareStrings(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // Units of surrogate pairs stand for code points above every other unit; a lone one is a code point of its own.
    const aPoint = a >= 0xd800 && a < 0xe000 ? pointAt(left, index) : a;
    const bPoint = b >= 0xd800 && b < 0xe000 ? pointAt(right, index) : b;
    return aPoint === bPoint ? a - b : aPoint - bPoint;
  }
  return left.length - right.length;
}

/** The code point that the unit at `index` belongs to: whole when the unit is the second half of a pair. */
function pointAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  const before = index > 0 ? text.charCodeAt(index - 1) : 0;
  if (unit >= 0xdc00 && before >= 0xd800 && before < 0xdc00) return text.codePointAt(index - 1) ?? unit;
  return text.codePointAt(index) ?? unit;
}

/** Deep equality of two JSON values; the order of keys does not count. */
export function equals(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (isArray(left) && isArray(right)) {
    return left.length === right.length && left.every((item, index) => equals(item, right[index] ?? null));
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    return keys.every((key) => {
      const a = left[key];
      const b = Object.hasOwn(right, key) ? right[key] : undefined;
      return a !== undefined && b !== undefined && equals(a, b);
    });
  }
  return false;
}

/** Order of two values of one primitive type; undefined when the comparison has no answer (V2). */
export function compare(left: Value, right: Value): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  return left === null && right === null ? 0 : undefined;
}

/** Strings that are not well-formed Unicode cannot be handed to SQLite unchanged. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
