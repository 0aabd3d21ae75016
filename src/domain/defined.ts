/** The fields that may be undefined become optional, and never hold undefined (`exactOptionalPropertyTypes`). */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * The same fields, in their order, without those that are undefined: `{ id, ...defined({ reason, until }) }`. Null, 0, false
 * and '' stay.
 */
export function defined<T extends object>(fields: T): Defined<T> {
  const given = fields as Record<string, unknown>;
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined) kept[name] = given[name];
  }
  return kept as Defined<T>;
}
