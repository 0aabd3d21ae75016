/** Cuts the text of a query into tokens. Keywords are identifiers here; the parser knows which words are which. */
import { CosmosError } from '../protocol';

export type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'parameter'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'symbol'; readonly text: string }
  | { readonly kind: 'end'; readonly text: '' };

const SPACE = /\s+|--[^\n]*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const PARAMETER = /@[A-Za-z0-9_]+/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y;
const SYMBOL = /!=|<>|<=|>=|\|\||\?\?|<<|>>>|>>|[=<>(),.[\]{}:*+\-/%?&|^~]/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Escapes of "Constants in Azure Cosmos DB queries": those of JSON, and a backslash before either quote. */
function unquote(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_whole, hex?: string, single?: string) =>
      hex === undefined ? (ESCAPES[single ?? ''] ?? single ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

function matchAt(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

/** @throws CosmosError 400 that names the first character it cannot read. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const space = matchAt(SPACE, text, position);
    if (space !== undefined) {
      position += space.length;
      continue;
    }
    const token = tokenAt(text, position);
    if (token === undefined) {
      throw new CosmosError(
        400,
        `Syntax error: unexpected character ${JSON.stringify(text[position])} at ${position}.`,
      );
    }
    tokens.push(token.token);
    position += token.length;
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

function tokenAt(text: string, position: number): { token: Token; length: number } | undefined {
  const word = matchAt(WORD, text, position);
  if (word !== undefined) return { token: { kind: 'word', text: word }, length: word.length };
  const parameter = matchAt(PARAMETER, text, position);
  if (parameter !== undefined) return { token: { kind: 'parameter', text: parameter }, length: parameter.length };
  const number = matchAt(NUMBER, text, position);
  if (number !== undefined) return { token: { kind: 'number', text: number }, length: number.length };
  const string = matchAt(STRING, text, position);
  if (string !== undefined) return { token: { kind: 'string', text: unquote(string) }, length: string.length };
  const symbol = matchAt(SYMBOL, text, position);
  return symbol === undefined ? undefined : { token: { kind: 'symbol', text: symbol }, length: symbol.length };
}
