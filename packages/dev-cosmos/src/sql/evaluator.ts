/**
 * Gives an expression its value over one document: three-valued logic, undefined propagates.
 *
 * E1 A filter keeps a document only when it is exactly `true`: undefined is not true, and NOT undefined is undefined.
 * E2 A chain of AND or OR is a tree that leans to the left and as deep as it is long: it is walked in a loop. Everything else
 *    is no deeper than the parser lets it be.
 */
import { FUNCTIONS } from './functions';
import type { ComparisonOperator, Expression } from './syntax';
import { compare, equals, isArray, isObject, type Json, type Value } from './values';

export function evaluate(expression: Expression, document: Value): Value {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'path':
      return follow(document, expression.keys);
    case 'comparison':
      return compareBy(expression.operator, evaluate(expression.left, document), evaluate(expression.right, document));
    case 'and':
    case 'or': {
      const { kind } = expression;
      const rights: Expression[] = [];
      let first: Expression = expression;
      while (first.kind === kind) {
        rights.push(first.right);
        first = first.left;
      }
      const combine = kind === 'and' ? and : or;
      return rights.reduceRight<Value>(
        (left, right) => combine(left, () => evaluate(right, document)),
        evaluate(first, document),
      );
    }
    case 'not': {
      const operand = evaluate(expression.operand, document);
      return typeof operand === 'boolean' ? !operand : undefined;
    }
    case 'in': {
      const operand = evaluate(expression.operand, document);
      let found: boolean | undefined = false;
      for (const item of expression.list) {
        found = or(found, () => compareBy('=', operand, evaluate(item, document)));
        if (found === true) break;
      }
      return found;
    }
    case 'between': {
      const operand = evaluate(expression.operand, document);
      const low = compareBy('>=', operand, evaluate(expression.low, document));
      return and(low, () => compareBy('<=', operand, evaluate(expression.high, document)));
    }
    case 'call':
      return FUNCTIONS[expression.name]?.call(expression.args.map((argument) => evaluate(argument, document)));
    case 'array':
      return expression.items
        .map((item) => evaluate(item, document))
        .filter((item): item is Json => item !== undefined);
    case 'object':
      return buildObject(expression.fields, document);
  }
}

/** Fields whose value is undefined are left out, as the service does. */
export function buildObject(
  fields: readonly { readonly name: string; readonly value: Expression }[],
  document: Value,
): Json {
  const entries: [string, Json][] = [];
  for (const field of fields) {
    const value = evaluate(field.value, document);
    if (value !== undefined) entries.push([field.name, value]);
  }
  return Object.fromEntries(entries);
}

export function follow(document: Value, keys: readonly (string | number)[]): Value {
  let value = document;
  for (const key of keys) {
    if (value === undefined) return undefined;
    if (typeof key === 'number') value = isArray(value) ? value[key] : undefined;
    else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

export function compareBy(operator: ComparisonOperator, left: Value, right: Value): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (operator === '=') return equals(left, right);
  if (operator === '!=') return !equals(left, right);
  const order = compare(left, right);
  if (order === undefined) return undefined;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function and(left: Value, right: () => Value): boolean | undefined {
  if (left === false) return false;
  const second = right();
  if (second === false) return false;
  return left === true && second === true ? true : undefined;
}

function or(left: Value, right: () => Value): boolean | undefined {
  if (left === true) return true;
  const second = right();
  if (second === true) return true;
  return left === false && second === false ? false : undefined;
}
