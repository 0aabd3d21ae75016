/**
 * Decides what of a query SQLite does: which index drives the scan and which conditions are checked there.
 *
 * L1 A condition is handed down only in a form that keeps every row the evaluator would keep. When it keeps exactly those
 *    it is dropped from the residual; otherwise the evaluator looks at each row again.
 * L2 A value is compared together with the rank of its type (values.ts), because json_extract shows booleans as numbers and
 *    objects as text. Ranks are equalities in every index, so a range of strings is one seek.
 * L3 Numbers are handed down as safe whole numbers with inclusive bounds only: SQLite need not round the decimal text of a
 *    number to the same double as JavaScript.
 * L4 Booleans are never bound (the driver aborts the process) and neither are strings that are not well-formed Unicode.
 * L5 The text of a statement is ours: of a query only property names that are plain words become part of it (`jsonPath`), and
 *    every value is bound. Any other name is followed by the evaluator, and ordered by sorted-scan.ts.
 * L6 A statement stays within SQLite's limits (depth of expressions, variables) whatever the query: what is beyond is residual.
 */
import { evaluate } from './evaluator';
import type { ComparisonOperator, Expression, Query } from './syntax';
import { isArray, isWellFormed, type Json, typeRank, type Value } from './values';

export type SqlValue = string | number;

export interface Condition {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

export type Driver =
  /** The primary key: (partition key, id). */
  | { readonly kind: 'primary' }
  /** The id across partitions. */
  | { readonly kind: 'id' }
  /** An index over one property path; `ranks` are the type ranks to visit, in order. */
  | { readonly kind: 'path'; readonly keys: readonly string[]; readonly ranks: readonly number[] }
  /** Every row, ordered here (sorted-scan.ts). */
  | { readonly kind: 'sorted'; readonly keys: readonly string[] };

export interface Plan {
  readonly driver: Driver;
  readonly descending: boolean;
  readonly conditions: readonly Condition[];
  /** What the evaluator still has to check on each row; undefined = nothing. */
  readonly residual: Expression | undefined;
}

const STRING_RANK = 5;
/** More values than this in one IN are checked by the evaluator. */
const MAX_IN_VALUES = 1000;
/** L6 */
const MAX_CONDITIONS = 20;
const MAX_PARAMS = 5000;
const MAX_PATH_CHARACTERS = 500;
/** A longer prefix is left to the evaluator. */
const MAX_PREFIX_CHARACTERS = 1000;

interface Pushed extends Condition {
  readonly isExact: boolean;
  /** The path whose index can serve this condition, with the ranks it leaves; undefined for the id column. */
  readonly keys: readonly string[];
  readonly ranks: readonly number[];
  readonly isEquality: boolean;
}

/** Property names that can stand in a JSON path of SQLite unchanged. */
export const isPlainKey = (key: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(key);

/** Paths that may be handed to SQLite (L5, L6). */
const isPlainPath = (keys: readonly string[]): boolean =>
  keys.every(isPlainKey) && keys.join('.').length <= MAX_PATH_CHARACTERS;

/** L5: the one place where a name of a query becomes the text of a statement. @throws Error for any that is no plain word. */
function jsonPath(keys: readonly string[]): string {
  if (!isPlainPath(keys)) throw new Error('a property name that is no plain word must not reach SQL');
  return `'$.${keys.join('.')}'`;
}

/** Type rank of the value at a path: the expression of every path index, so it must never change its text. */
export const rankSql = (keys: readonly string[]): string =>
  `CASE json_type(doc,${jsonPath(keys)}) WHEN 'null' THEN 1 WHEN 'false' THEN 2 WHEN 'true' THEN 3 WHEN 'integer' THEN 4 ` +
  `WHEN 'real' THEN 4 WHEN 'text' THEN 5 WHEN 'array' THEN 6 WHEN 'object' THEN 7 ELSE 0 END`;

/**
 * The value at a path; 0 where there is none, so that rows can be compared with the last row of a page. Whole numbers become
 * doubles, as they were in JavaScript: a 64-bit integer read back as a double could name a place that no row has.
 */
export const valueSql = (keys: readonly string[]): string =>
  `CASE json_type(doc,${jsonPath(keys)}) WHEN 'integer' THEN CAST(json_extract(doc,${jsonPath(keys)}) AS REAL) ` +
  `ELSE ifnull(json_extract(doc,${jsonPath(keys)}),0) END`;

/**
 * `isPartitioned`: the request names its partition, so the primary key serves conditions on the id. `mayIndex`: whether a path
 * has an index or may get one.
 */
export function planQuery(query: Query, isPartitioned: boolean, mayIndex: (keys: readonly string[]) => boolean): Plan {
  const conditions: Pushed[] = [];
  const rest: Expression[] = [];
  let params = 0;
  for (const conjunct of conjuncts(query.where)) {
    const pushed = conditions.length < MAX_CONDITIONS ? pushDown(conjunct) : undefined;
    const fits = pushed !== undefined && params + pushed.params.length <= MAX_PARAMS;
    if (fits) {
      conditions.push(pushed);
      params += pushed.params.length;
    }
    if (!fits || !pushed.isExact) rest.push(conjunct);
  }
  const driver = chooseDriver(query, conditions, isPartitioned, mayIndex);
  const orderRest = query.orderBy !== undefined && driver.kind === 'primary' && !isIdPath(query.orderBy.keys);
  if (orderRest) throw new Error('an ordering without its index');
  return {
    driver,
    descending: query.orderBy?.descending ?? false,
    conditions,
    residual: rest.length === 0 ? undefined : rest.reduce((left, right) => ({ kind: 'and', left, right })),
  };
}

function chooseDriver(
  query: Query,
  conditions: readonly Pushed[],
  isPartitioned: boolean,
  mayIndex: (keys: readonly string[]) => boolean,
): Driver {
  const onId: Driver = isPartitioned ? { kind: 'primary' } : { kind: 'id' };
  if (query.orderBy !== undefined) {
    const { keys, descending } = query.orderBy;
    if (isIdPath(keys)) return onId;
    if (!isPlainPath(keys) || !mayIndex(keys)) return { kind: 'sorted', keys };
    const same = conditions.filter((condition) => condition.keys.join('.') === keys.join('.'));
    // Documents without the property are no part of an ordered answer: rank 0 is not visited.
    const ranks = [1, 2, 3, 4, 5, 6, 7].filter((rank) => same.every((condition) => condition.ranks.includes(rank)));
    return { kind: 'path', keys, ranks: descending ? ranks.reverse() : ranks };
  }
  const usable = conditions.filter((condition) => isIdPath(condition.keys) || mayIndex(condition.keys));
  const best = usable.find((condition) => condition.isEquality) ?? usable[0];
  if (best === undefined) return { kind: 'primary' };
  return isIdPath(best.keys) ? onId : { kind: 'path', keys: best.keys, ranks: best.ranks };
}

export const isIdPath = (keys: readonly (string | number)[]): boolean => keys.length === 1 && keys[0] === 'id';

function conjuncts(expression: Expression | undefined): Expression[] {
  const found: Expression[] = [];
  const waiting = expression === undefined ? [] : [expression];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.kind === 'and') waiting.push(next.right, next.left);
    else found.push(next);
  }
  return found;
}

/** The value of an expression that looks at no document; wrapped because undefined is a value. */
function constantOf(expression: Expression): { readonly value: Value } | undefined {
  if (expression.kind === 'constant') return { value: expression.value };
  const isConstantArray = expression.kind === 'array' && expression.items.every((item) => item.kind === 'constant');
  return isConstantArray ? { value: evaluate(expression, undefined) } : undefined;
}

function plainPath(expression: Expression): readonly string[] | undefined {
  if (expression.kind !== 'path' || expression.keys.length === 0) return undefined;
  const keys = expression.keys.filter((key) => typeof key === 'string');
  return keys.length === expression.keys.length && isPlainPath(keys) ? keys : undefined;
}

const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function pushDown(expression: Expression): Pushed | undefined {
  switch (expression.kind) {
    case 'comparison': {
      const { left, right, operator } = expression;
      return pushComparison(left, operator, right) ?? pushComparison(right, MIRRORED[operator], left);
    }
    case 'between': {
      const keys = plainPath(expression.operand);
      const low = stringOf(constantOf(expression.low)?.value);
      const high = stringOf(constantOf(expression.high)?.value);
      if (keys === undefined || low === undefined || high === undefined) return undefined;
      return onStrings(keys, `${columnSql(keys)} BETWEEN ? AND ?`, [low, high], true, false);
    }
    case 'in': {
      const keys = plainPath(expression.operand);
      const values = expression.list.map((item) => constantOf(item)?.value);
      return keys === undefined ? undefined : pushMembership(keys, values);
    }
    case 'call':
      return pushCall(expression.name, expression.args);
    default:
      return undefined;
  }
}

function pushComparison(left: Expression, operator: ComparisonOperator, right: Expression): Pushed | undefined {
  const keys = plainPath(left);
  const value = constantOf(right)?.value;
  if (keys === undefined || value === undefined || operator === '!=') return undefined;
  const text = stringOf(value);
  if (text !== undefined) return onStrings(keys, `${columnSql(keys)} ${operator} ?`, [text], true, operator === '=');
  if (isIdPath(keys)) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    const inclusive = operator === '<' ? '<=' : operator === '>' ? '>=' : operator;
    const sql = `(${rankSql(keys)}) = 4 AND ${valueSql(keys)} ${inclusive} ?`;
    return { keys, ranks: [4], sql, params: [value], isExact: false, isEquality: operator === '=' };
  }
  if (operator !== '=' || (value !== null && typeof value !== 'boolean')) return undefined;
  return onRank(keys, typeRank(value));
}

function pushMembership(keys: readonly string[], values: readonly Value[]): Pushed | undefined {
  const texts = values.map(stringOf).filter((text): text is string => text !== undefined);
  if (texts.length !== values.length || texts.length === 0 || texts.length > MAX_IN_VALUES) return undefined;
  return onStrings(keys, `${columnSql(keys)} IN (${texts.map(() => '?').join(',')})`, texts, true, true);
}

function pushCall(name: string, args: readonly Expression[]): Pushed | undefined {
  const [first, second] = args;
  if (first === undefined) return undefined;
  const keys = plainPath(first);
  if (name === 'ARRAY_CONTAINS' && args.length === 2 && second !== undefined) {
    const list = constantOf(first)?.value;
    const wanted = plainPath(second);
    return isArray(list) && wanted !== undefined ? pushMembership(wanted, list) : undefined;
  }
  if (keys === undefined || isIdPath(keys)) return undefined;
  if (name === 'IS_NULL' && args.length === 1) return onRank(keys, 1);
  if (name === 'STARTSWITH' && args.length === 2 && second !== undefined) {
    const prefix = stringOf(constantOf(second)?.value);
    const isShort = prefix !== undefined && prefix.length <= MAX_PREFIX_CHARACTERS;
    const above = isShort ? prefixSuccessor(prefix) : undefined;
    if (prefix === undefined || above === undefined) return undefined;
    return onStrings(keys, `${columnSql(keys)} >= ? AND ${columnSql(keys)} < ?`, [prefix, above], false, false);
  }
  return undefined;
}

const columnSql = (keys: readonly string[]): string => (isIdPath(keys) ? 'id' : valueSql(keys));

/** A condition that only strings can meet. */
function onStrings(
  keys: readonly string[],
  condition: string,
  params: readonly string[],
  isExact: boolean,
  isEquality: boolean,
): Pushed {
  const sql = isIdPath(keys) ? condition : `(${rankSql(keys)}) = ${STRING_RANK} AND ${condition}`;
  return { keys, ranks: [STRING_RANK], sql, params, isExact, isEquality };
}

const onRank = (keys: readonly string[], rank: number): Pushed => ({
  keys,
  ranks: [rank],
  sql: `(${rankSql(keys)}) = ${rank}`,
  params: [],
  isExact: true,
  isEquality: true,
});

const stringOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && isWellFormed(value) ? value : undefined;

/** The least string above every string that starts with `prefix`; undefined when there is none. */
function prefixSuccessor(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters; what lies between is looked at again by the evaluator (L1).
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
