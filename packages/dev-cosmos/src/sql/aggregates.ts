/**
 * The five aggregates of `SELECT VALUE AGG(expression)` ("Aggregate functions", Cosmos DB documentation).
 *
 * G1 Undefined arguments are skipped. A value that SUM or AVG cannot add makes the whole answer undefined: an empty result.
 * G2 Over nothing COUNT and SUM answer 0; MIN, MAX and AVG answer undefined.
 */
import type { AggregateName } from './syntax';
import { compare, typeRank, type Value } from './values';

export interface Aggregate {
  add(value: Value): void;
  result(): Value;
}

export function createAggregate(name: AggregateName): Aggregate {
  switch (name) {
    case 'COUNT':
      return count();
    case 'SUM':
      return sum((total) => total);
    case 'AVG':
      return sum((total, terms) => (terms === 0 ? undefined : total / terms));
    case 'MIN':
      return extreme(-1);
    case 'MAX':
      return extreme(1);
  }
}

function count(): Aggregate {
  let defined = 0;
  return {
    add: (value) => {
      if (value !== undefined) defined += 1;
    },
    result: () => defined,
  };
}

function sum(finish: (total: number, terms: number) => Value): Aggregate {
  let total = 0;
  let terms = 0;
  let isBroken = false;
  return {
    add: (value) => {
      if (value === undefined) return;
      if (typeof value !== 'number') isBroken = true;
      else {
        total += value;
        terms += 1;
      }
    },
    result: () => (isBroken ? undefined : finish(total, terms)),
  };
}

function extreme(sign: 1 | -1): Aggregate {
  let best: Value;
  let isBroken = false;
  return {
    add: (value) => {
      if (value === undefined) return;
      if (typeof value === 'object' && value !== null) isBroken = true;
      const order = best === undefined ? 1 : sign * (compare(value, best) ?? typeRank(value) - typeRank(best));
      if (order > 0) best = value;
    },
    result: () => (isBroken ? undefined : best),
  };
}
