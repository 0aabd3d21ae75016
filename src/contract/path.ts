import type { Endpoint } from './endpoint';

/** A name that no URL can carry: `.` and `..` vanish from every path, encoded or not, and half a pair is not text. */
export class UnaskableName extends Error {
  override readonly name = 'UnaskableName';
}

/**
 * The path of an operation, with its parameters filled in. A name is percent-encoded whole, slashes too.
 * @throws UnaskableName
 */
export function pathOf({ path }: Pick<Endpoint, 'path'>, params: Readonly<Record<string, unknown>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => segment(String(params[name] ?? '')));
}

/**
 * The same, but a parameter that is not given stays as it is, in its braces: whoever follows the address fills it in.
 * @throws UnaskableName
 */
export function templateOf({ path }: Pick<Endpoint, 'path'>, params: Readonly<Record<string, unknown>>): string {
  return path.replace(/\{(\w+)\}/g, (parameter, name: string) =>
    params[name] === undefined ? parameter : segment(String(params[name])),
  );
}

/** The source of a regular expression for the path; `parameter`, a capturing group perhaps, stands for each parameter. */
export function patternOf({ path }: Pick<Endpoint, 'path'>, parameter = '[^/]+'): string {
  return path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, () => parameter);
}

function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') {
    throw new UnaskableName(`'${name}' is not a name the API can be asked for.`);
  }
  if (/\p{Surrogate}/u.test(name)) throw new UnaskableName('A name holds half of a surrogate pair, which is not text.');
  return encodeURIComponent(name);
}
