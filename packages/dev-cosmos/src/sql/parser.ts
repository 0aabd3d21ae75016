/**
 * Recursive-descent parser of the supported subset; parameters are replaced by their values while parsing.
 *
 * P1 Whatever is not understood is refused with 400 and its name: no clause is ever skipped over.
 * G1 Grammar: "Azure Cosmos DB for NoSQL query language" (SELECT, FROM, WHERE, ORDER BY, OFFSET LIMIT), and where that is
 *    silent the `sql.g4` that Microsoft publishes with its .NET client (`unary_operator`, `binary_scalar_expression`).
 */
import { CosmosError, MAX_QUERY_BYTES, unsupported } from '../protocol';
import { FUNCTIONS } from './functions';
import { type Token, tokenize } from './lexer';
import type { AggregateName, ComparisonOperator, Expression, Field, Projection, Query } from './syntax';
import type { Json } from './values';

const RESERVED = new Set(
  'SELECT TOP VALUE DISTINCT FROM AS JOIN IN WHERE AND OR NOT BETWEEN LIKE ESCAPE EXISTS ARRAY GROUP ORDER BY ASC DESC OFFSET LIMIT RANK'.split(
    ' ',
  ),
);
const AGGREGATES: readonly AggregateName[] = ['COUNT', 'SUM', 'MIN', 'MAX', 'AVG'];
const isAggregate = (name: string): name is AggregateName => AGGREGATES.some((aggregate) => aggregate === name);
const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const CONSTANTS: Readonly<Record<string, Json | undefined>> = {
  TRUE: true,
  FALSE: false,
  NULL: null,
  UNDEFINED: undefined,
};

/** Nesting beyond this is refused, so that a hostile query cannot exhaust the stack. */
const MAX_DEPTH = 100;

export type Parameters = ReadonlyMap<string, Json>;

/** @throws CosmosError 400 naming what is wrong or outside the subset. */
export function parseQuery(text: string, parameters: Parameters): Query {
  if (Buffer.byteLength(text) > MAX_QUERY_BYTES) {
    throw new CosmosError(400, `The SQL query text exceeded the maximum limit of ${MAX_QUERY_BYTES} bytes.`);
  }
  return new Parser(tokenize(text), parameters).query();
}

/** @throws CosmosError 400 for a literal beyond the doubles: it would be answered as null. */
function numberOf(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new CosmosError(400, `The number ${text.slice(0, 40)} is out of range.`);
  return value;
}

class Parser {
  private position = 0;
  private depth = 0;
  private alias = '';

  constructor(
    private readonly tokens: readonly Token[],
    private readonly parameters: Parameters,
  ) {}

  query(): Query {
    this.expectWord('SELECT');
    if (this.takeWord('DISTINCT')) throw unsupported('DISTINCT');
    const top = this.takeWord('TOP') ? this.count('TOP') : undefined;
    // The projection needs the alias that FROM declares, so it is read after all other clauses.
    const projectionStart = this.position;
    this.skipToFrom();
    this.from();
    const where = this.takeWord('WHERE') ? this.expression() : undefined;
    if (this.isWord('GROUP')) throw unsupported('GROUP BY');
    const orderBy = this.takeWord('ORDER') ? this.orderBy() : undefined;
    const window = this.takeWord('OFFSET') ? this.window() : undefined;
    if (this.current().kind !== 'end') throw this.unexpected();
    this.position = projectionStart;
    const projection = this.projection();
    this.expectWord('FROM');

    if (top !== undefined && window !== undefined)
      throw new CosmosError(400, 'TOP and OFFSET LIMIT exclude each other.');
    if (projection.kind === 'aggregate' && (orderBy ?? window ?? top) !== undefined) {
      throw unsupported('an aggregate together with ORDER BY, TOP or OFFSET LIMIT');
    }
    return { projection, where, orderBy, offset: window?.offset ?? 0, limit: top ?? window?.limit };
  }

  private skipToFrom(): void {
    let nesting = 0;
    for (;;) {
      const token = this.current();
      if (token.kind === 'end') throw unsupported('a query without FROM');
      if (nesting === 0 && this.isWord('FROM')) break;
      if (token.kind === 'symbol' && '([{'.includes(token.text)) nesting += 1;
      if (token.kind === 'symbol' && ')]}'.includes(token.text)) nesting -= 1;
      this.position += 1;
    }
    this.position += 1;
  }

  /** `FROM root`, `FROM root alias`, `FROM root AS alias`. The name of the root does not matter, as with the service. */
  private from(): void {
    if (this.isSymbol('(')) throw unsupported('a subquery in FROM');
    const root = this.identifier();
    if (this.isSymbol('.') || this.isSymbol('[')) throw unsupported('a path in FROM');
    if (this.isWord('IN')) throw unsupported('IN in FROM (iteration over an array)');
    const hasAlias = this.takeWord('AS') || (this.current().kind === 'word' && !this.isReserved());
    this.alias = hasAlias ? this.identifier() : root;
    if (this.isWord('JOIN')) throw unsupported('JOIN');
    if (this.isSymbol(',')) throw unsupported('more than one source in FROM');
  }

  private projection(): Projection {
    if (this.takeSymbol('*')) return { kind: 'all' };
    if (this.takeWord('VALUE')) {
      const name = this.current().text.toUpperCase();
      if (this.current().kind === 'word' && isAggregate(name) && this.peek(1).text === '(') {
        this.position += 2;
        const expression = this.expression();
        this.expectSymbol(')');
        return { kind: 'aggregate', name, expression };
      }
      return { kind: 'value', expression: this.expression() };
    }
    const fields: Field[] = [];
    do {
      fields.push(this.projected(fields.length + 1));
    } while (this.takeSymbol(','));
    const names = new Set(fields.map((field) => field.name));
    if (names.size !== fields.length) throw new CosmosError(400, 'Two projected fields have the same name.');
    return { kind: 'fields', fields };
  }

  private projected(ordinal: number): Field {
    const value = this.expression();
    if (this.takeWord('AS') || (this.current().kind === 'word' && !this.isReserved())) {
      return { name: this.identifier(), value };
    }
    if (value.kind !== 'path') return { name: `$${ordinal}`, value };
    const last = value.keys.at(-1);
    if (typeof last === 'number') return { name: `$${ordinal}`, value };
    return { name: last ?? this.alias, value };
  }

  private orderBy(): NonNullable<Query['orderBy']> {
    this.expectWord('BY');
    if (this.isWord('RANK')) throw unsupported('ORDER BY RANK');
    const path = this.primary();
    if (path.kind !== 'path' || path.keys.length === 0) throw unsupported('ORDER BY of anything but a property path');
    const keys = path.keys.map((key) => {
      if (typeof key === 'number') throw unsupported('ORDER BY of an array element');
      return key;
    });
    const descending = this.takeWord('DESC');
    if (!descending) this.takeWord('ASC');
    if (this.isSymbol(',')) throw unsupported('ORDER BY of more than one property');
    return { keys, descending };
  }

  private window(): { offset: number; limit: number } {
    const offset = this.count('OFFSET');
    this.expectWord('LIMIT');
    return { offset, limit: this.count('LIMIT') };
  }

  private count(clause: string): number {
    const token = this.advance();
    const value =
      token.kind === 'number'
        ? Number(token.text)
        : token.kind === 'parameter'
          ? this.parameter(token.text)
          : undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new CosmosError(400, `${clause} needs a whole number that is not negative.`);
    }
    return value;
  }

  private expression(): Expression {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw unsupported(`expressions nested deeper than ${MAX_DEPTH}`);
    let left = this.conjunction();
    while (this.takeWord('OR')) left = { kind: 'or', left, right: this.conjunction() };
    this.depth -= 1;
    this.refuseOperator();
    return left;
  }

  private conjunction(): Expression {
    let left = this.comparison();
    while (this.takeWord('AND')) left = { kind: 'and', left, right: this.comparison() };
    return left;
  }

  /** NOT is an operator like minus: it binds tighter than `=`, IN and BETWEEN, so `NOT c.a = 1` is `(NOT c.a) = 1` (G1). */
  private unary(): Expression {
    let negations = 0;
    while (this.takeWord('NOT')) negations += 1;
    if (negations > MAX_DEPTH) throw unsupported(`more than ${MAX_DEPTH} NOT in a row`);
    let operand = this.primary();
    for (; negations > 0; negations -= 1) operand = { kind: 'not', operand };
    return operand;
  }

  private comparison(): Expression {
    const left = this.unary();
    this.refuseOperator();
    const operator = this.current().kind === 'symbol' ? COMPARISONS[this.current().text] : undefined;
    if (operator !== undefined) {
      this.position += 1;
      return { kind: 'comparison', operator, left, right: this.unary() };
    }
    const isNegated = this.isWord('NOT') && ['IN', 'BETWEEN', 'LIKE'].includes(this.peek(1).text.toUpperCase());
    if (isNegated) this.position += 1;
    const tested = this.membership(left);
    if (isNegated && tested !== left) return { kind: 'not', operand: tested };
    return tested;
  }

  private membership(left: Expression): Expression {
    if (this.isWord('LIKE')) throw unsupported('LIKE (use CONTAINS or STARTSWITH)');
    if (this.takeWord('IN')) {
      this.expectSymbol('(');
      const list = this.list(')');
      if (list.length === 0) throw new CosmosError(400, 'IN needs at least one value.');
      return { kind: 'in', operand: left, list };
    }
    if (this.takeWord('BETWEEN')) {
      const low = this.unary();
      this.expectWord('AND');
      return { kind: 'between', operand: left, low, high: this.unary() };
    }
    return left;
  }

  private primary(): Expression {
    const token = this.advance();
    switch (token.kind) {
      case 'string':
        return this.noSuffix({ kind: 'constant', value: token.text });
      case 'number':
        return { kind: 'constant', value: numberOf(token.text) };
      case 'parameter':
        return this.noSuffix({ kind: 'constant', value: this.parameter(token.text) });
      case 'word':
        return this.word(token.text);
      case 'symbol':
        return this.symbol(token.text);
      case 'end':
        throw new CosmosError(400, 'Syntax error: the query ends too early.');
    }
  }

  private symbol(text: string): Expression {
    if (text === '(') {
      if (this.isWord('SELECT')) throw unsupported('a subquery');
      const inner = this.expression();
      this.expectSymbol(')');
      return this.noSuffix(inner);
    }
    if (text === '[') return { kind: 'array', items: this.list(']') };
    if (text === '{') return this.objectLiteral();
    if ((text === '-' || text === '+') && this.current().kind === 'number') {
      const value = numberOf(this.advance().text);
      return { kind: 'constant', value: text === '-' ? -value : value };
    }
    if ('-+~'.includes(text)) throw unsupported(`the operator ${text}`);
    this.position -= 1;
    throw this.unexpected();
  }

  private word(text: string): Expression {
    const upper = text.toUpperCase();
    if (this.isSymbol('(')) return this.call(upper);
    if (text !== this.alias) {
      if (upper in CONSTANTS) return { kind: 'constant', value: CONSTANTS[upper] };
      if (upper === 'EXISTS' || upper === 'ARRAY') throw unsupported(upper);
      if (upper === 'UDF') throw unsupported('user defined functions (udf)');
      if (RESERVED.has(upper)) {
        this.position -= 1;
        throw this.unexpected();
      }
      throw new CosmosError(
        400,
        `Identifier '${text}' could not be resolved; the source of this query is '${this.alias}'.`,
      );
    }
    return { kind: 'path', keys: this.pathKeys() };
  }

  private pathKeys(): (string | number)[] {
    const keys: (string | number)[] = [];
    for (;;) {
      if (this.takeSymbol('.')) {
        const token = this.advance();
        if (token.kind !== 'word')
          throw new CosmosError(400, `Syntax error: a property name is expected, not '${token.text}'.`);
        if (this.isSymbol('(')) throw unsupported(`the function ${token.text}`);
        if (RESERVED.has(token.text.toUpperCase())) {
          throw new CosmosError(400, `Syntax error: '${token.text}' is a reserved word; write ["${token.text}"].`);
        }
        keys.push(token.text);
      } else if (this.takeSymbol('[')) {
        keys.push(this.bracketKey());
        this.expectSymbol(']');
      } else return keys;
    }
  }

  private bracketKey(): string | number {
    const token = this.advance();
    const key =
      token.kind === 'parameter'
        ? this.parameter(token.text)
        : token.kind === 'number'
          ? Number(token.text)
          : token.text;
    if (token.kind === 'string' && typeof key === 'string') return key;
    if (token.kind === 'parameter' && typeof key === 'string') return key;
    if (typeof key === 'number' && Number.isSafeInteger(key) && key >= 0) return key;
    throw new CosmosError(400, `Syntax error: '${token.text}' is no property name and no index.`);
  }

  private call(name: string): Expression {
    if (isAggregate(name)) throw unsupported(`${name} outside of SELECT VALUE ${name}(...)`);
    if (name === 'EXISTS' || name === 'ARRAY' || name === 'ALL') throw unsupported(`${name}(subquery)`);
    const builtIn = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (builtIn === undefined) throw unsupported(`the function ${name}`);
    this.expectSymbol('(');
    const args = this.list(')');
    if (args.length < builtIn.least || args.length > builtIn.most) {
      throw new CosmosError(400, `The function ${name} does not take ${args.length} arguments.`);
    }
    return this.noSuffix({ kind: 'call', name, args });
  }

  private list(end: string): Expression[] {
    if (this.isWord('SELECT')) throw unsupported('a subquery');
    const items: Expression[] = [];
    if (this.takeSymbol(end)) return items;
    do {
      items.push(this.expression());
    } while (this.takeSymbol(','));
    this.expectSymbol(end);
    return items;
  }

  private objectLiteral(): Expression {
    const fields: Field[] = [];
    if (this.takeSymbol('}')) return { kind: 'object', fields };
    do {
      const token = this.advance();
      if (token.kind !== 'word' && token.kind !== 'string')
        throw new CosmosError(400, 'Syntax error: a field name is expected.');
      this.expectSymbol(':');
      fields.push({ name: token.text, value: this.expression() });
    } while (this.takeSymbol(','));
    this.expectSymbol('}');
    return { kind: 'object', fields };
  }

  private noSuffix(expression: Expression): Expression {
    if (this.isSymbol('.') || this.isSymbol('[')) throw unsupported('a path into anything but a document');
    return expression;
  }

  /** P1: operators of the language that the subset leaves out. */
  private refuseOperator(): void {
    const token = this.current();
    if (
      token.kind === 'symbol' &&
      ['+', '-', '*', '/', '%', '||', '??', '?', '&', '|', '^', '<<', '>>', '>>>'].includes(token.text)
    ) {
      throw unsupported(`the operator ${token.text}`);
    }
  }

  private parameter(name: string): Json {
    const value = this.parameters.get(name);
    if (value === undefined) throw new CosmosError(400, `The query uses ${name}, and no such parameter was given.`);
    return value;
  }

  private identifier(): string {
    const token = this.advance();
    if (token.kind !== 'word' || RESERVED.has(token.text.toUpperCase())) {
      throw new CosmosError(400, `Syntax error: a name is expected, not '${token.text}'.`);
    }
    return token.text;
  }

  private unexpected(): CosmosError {
    const token = this.current();
    return new CosmosError(400, `Syntax error: unexpected ${token.kind === 'end' ? 'end' : `'${token.text}'`}.`);
  }

  private peek(distance: number): Token {
    return this.tokens[this.position + distance] ?? { kind: 'end', text: '' };
  }

  private current(): Token {
    return this.peek(0);
  }

  private advance(): Token {
    const token = this.current();
    this.position += 1;
    return token;
  }

  private isReserved(): boolean {
    return RESERVED.has(this.current().text.toUpperCase());
  }

  private isWord(word: string): boolean {
    return this.current().kind === 'word' && this.current().text.toUpperCase() === word;
  }

  private takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.position += 1;
    return true;
  }

  private expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected();
  }

  private isSymbol(symbol: string): boolean {
    return this.current().kind === 'symbol' && this.current().text === symbol;
  }

  private takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.position += 1;
    return true;
  }

  private expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected();
  }
}
