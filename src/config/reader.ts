import { inspect } from 'node:util';

export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [inspect.custom](): string {
    return '[secret]';
  }
}

export interface ConfigProblem {
  /** The variable, or the variables of which one is needed. */
  readonly name: string;
  readonly problem: string;
  readonly cure: string;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(({ name, problem, cure }) => `${name}: ${problem} ${cure}`).join('\n'));
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Takes values out of an environment and collects what is wrong with them. An empty value counts as not set. */
export class Reader {
  readonly problems: ConfigProblem[] = [];

  constructor(private readonly env: Environment) {}

  /** Told once, however often a setting is read. */
  problem(name: string, problem: string, cure: string): void {
    const isTold = this.problems.some((one) => one.name === name && one.problem === problem);
    if (!isTold) this.problems.push({ name, problem, cure });
  }

  /** The first of these names that is set. What stands in quotes is a problem, and read without them. */
  first(...names: string[]): { readonly name: string; readonly value: string } | undefined {
    for (const name of names) {
      const value = this.env[name]?.trim();
      if (value) return { name, value: this.unquoted(name, value) };
    }
    return undefined;
  }

  /** A shell and `.env` take quotes away; `docker --env-file`, `set` of Windows and a form of the portal do not. */
  private unquoted(name: string, value: string): string {
    const inner = /^(["'])(.*)\1$/s.exec(value)?.[2];
    if (inner === undefined) return value;
    this.problem(name, 'has quotes around its value.', 'Remove them.');
    return inner.trim();
  }

  text(name: string, fallback: string): string {
    return this.first(name)?.value ?? fallback;
  }

  /** Parts between commas, without blanks around them. */
  list(name: string, fallback: readonly string[] = []): readonly string[] {
    const found = this.first(name);
    const parts = found?.value.split(',').map((part) => part.trim());
    return parts?.filter((part) => part !== '') ?? fallback;
  }

  /** It travels in a header, so that it holds no blank and nothing but ASCII. */
  secret(...names: string[]): Secret | undefined {
    const found = this.first(...names);
    if (found && !/^[\x21-\x7e]+$/.test(found.value)) {
      this.problem(found.name, 'holds a blank or a sign that is not ASCII.', 'Copy it again, alone and whole.');
    }
    return found && new Secret(found.value);
  }

  matching(name: string, fallback: string, pattern: RegExp, cure: string): string {
    const value = this.text(name, fallback);
    if (!pattern.test(value)) this.problem(name, 'has an unknown value.', cure);
    return value;
  }

  number(name: string, fallback: number, min: number, max: number): number {
    const found = this.first(name);
    const isNumber = found === undefined || DECIMAL.test(found.value);
    const value = !isNumber ? Number.NaN : found ? Number(found.value) : fallback;
    const problem = isNumber ? 'is out of range.' : 'is not a number.';
    if (!(value >= min && value <= max)) this.problem(name, problem, `Give a number from ${min} to ${max}.`);
    return value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.number(name, fallback, min, max);
    if (Number.isFinite(value) && !Number.isInteger(value))
      this.problem(name, 'is not a whole number.', `Give a whole number from ${min} to ${max}.`);
    return value;
  }

  /** With the six decimals that the state store keeps: a run would be priced by other ones than it is shown. */
  millionths(name: string, fallback: number, min: number, max: number): number {
    const value = this.number(name, fallback, min, max);
    if (value >= min && Math.round(value * 1e6) / 1e6 !== value)
      this.problem(name, 'has more than six decimals.', 'Round it to six decimals, such as 0.000906.');
    return value;
  }

  /** A count of transactions that is not exceeded; undefined when it is not set. */
  limit(name: string): number | undefined {
    return this.first(name) && this.integer(name, 0, 0, 1_000_000_000_000);
  }

  port(name: string, fallback: number): number {
    return this.integer(name, fallback, 1, 65_535);
  }
}

/** Without what else JavaScript reads as a number: hexadecimal, `Infinity`, nothing. */
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The parser of URLs would take blanks and line ends out silently. */
export function isUrl(text: string | undefined): text is string {
  return text !== undefined && !/\s/.test(text) && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Is it an address, or a name, that only this machine reaches? */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}
