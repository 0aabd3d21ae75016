export type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** Without the fields that are undefined: what a caller did not say is absent from a command. */
export function given<T extends object>(value: T): Given<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Given<T>;
}
