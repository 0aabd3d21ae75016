import { AppError } from './errors';

/**
 * Shapes in which builds have stored something. A record says in `schema` which one it has; what was stored before there was
 * such a field is of shape 1.
 *
 * I1 Reading is pure: a record of an older shape stays as it is until it is written for a reason of its own.
 * I2 A reader tolerates that fields are absent which later builds of its shape have added.
 * I3 What a newer build wrote is refused, not guessed.
 */
export interface StoredShapes<T> {
  /** @throws AppError internal where a newer build wrote it (I3) */
  read(stored: unknown): T;
  /** What is written: the value in the newest shape. */
  stamped(value: T): T & { readonly schema: number };
}

/**
 * `what` for messages: `The receipt`. `readers`: of shape 1, 2, ... up to the newest; each makes a value of today of what was
 * stored in its shape, without `schema`. To change a shape, add its reader.
 */
export function storedShapes<T extends object>(
  what: string,
  readers: readonly ((stored: never) => T)[],
): StoredShapes<T> {
  const newest = readers.length;
  return {
    read(stored) {
      const { schema = 1, ...record } = stored as { readonly schema?: number };
      const reader = readers.find((_, index) => index + 1 === schema);
      if (reader) return reader(record as never);
      throw new AppError(
        'internal',
        `${what} was stored in shape ${schema}; this build reads up to ${newest}. Start a build at least as new as the one that wrote it.`,
      );
    },
    stamped: (value) => ({ ...value, schema: newest }),
  };
}
