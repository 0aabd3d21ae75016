/** The tree of a query of the supported subset. A node exists here only if the evaluator gives it its true meaning. */
import type { Json } from './values';

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type Expression =
  | { readonly kind: 'constant'; readonly value: Json | undefined }
  /** `c.a.b`: the keys after the alias; empty means the document itself. */
  | { readonly kind: 'path'; readonly keys: readonly (string | number)[] }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'in'; readonly operand: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'between'; readonly operand: Expression; readonly low: Expression; readonly high: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly value: Expression;
}

export type AggregateName = 'COUNT' | 'SUM' | 'MIN' | 'MAX' | 'AVG';

export type Projection =
  | { readonly kind: 'all' }
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'fields'; readonly fields: readonly Field[] }
  | { readonly kind: 'aggregate'; readonly name: AggregateName; readonly expression: Expression };

export interface Query {
  readonly projection: Projection;
  readonly where: Expression | undefined;
  readonly orderBy: { readonly keys: readonly string[]; readonly descending: boolean } | undefined;
  readonly offset: number;
  /** From TOP or from LIMIT; undefined = no bound. */
  readonly limit: number | undefined;
}
