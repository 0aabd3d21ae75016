/** What the parser reads, and that everything else is refused by name (P1). */
import { CosmosError } from '../../../packages/dev-cosmos/src/protocol';
import { evaluate } from '../../../packages/dev-cosmos/src/sql/evaluator';
import { tokenize } from '../../../packages/dev-cosmos/src/sql/lexer';
import { parseQuery } from '../../../packages/dev-cosmos/src/sql/parser';
import type { Json, Value } from '../../../packages/dev-cosmos/src/sql/values';

const parse = (text: string, parameters: Record<string, Json> = {}) =>
  parseQuery(text, new Map(Object.entries(parameters)));

/** The value of an expression over a document. */
function evaluated(expression: string, document: Json, parameters: Record<string, Json> = {}): Value {
  const { projection } = parse(`SELECT VALUE ${expression} FROM c`, parameters);
  if (projection.kind !== 'value') throw new Error(projection.kind);
  return evaluate(projection.expression, document);
}

describe('tokens', () => {
  it('reads strings with either quote and the escapes of JSON', () => {
    const texts = tokenize(String.raw`'a\'b' "c\"d" 'A\n' -- the rest is a comment`).map((token) => token.text);
    expect(texts).toEqual(["a'b", 'c"d', 'A\n', '']);
  });

  it('refuses a character that belongs to no token', () => {
    expect(() => tokenize('SELECT ; FROM c')).toThrow(/";"/);
    expect(() => tokenize("SELECT 'open")).toThrow(CosmosError);
  });
});

describe('queries', () => {
  it('reads every clause of the subset', () => {
    const query = parse(
      'select top 5 c.id, c.a.b as ab, {"x": c.n} as o from root as c where c.n > @n and not is_defined(c["d e"]) order by c.a.b desc',
      { '@n': 3 },
    );
    expect(query.projection).toMatchObject({ kind: 'fields', fields: [{ name: 'id' }, { name: 'ab' }, { name: 'o' }] });
    expect(query).toMatchObject({ limit: 5, offset: 0, orderBy: { keys: ['a', 'b'], descending: true } });
    expect(parse('SELECT * FROM c OFFSET @o LIMIT 7', { '@o': 2 })).toMatchObject({ offset: 2, limit: 7 });
    expect(parse('SELECT VALUE MAX(c.n) FROM c').projection).toMatchObject({ kind: 'aggregate', name: 'MAX' });
  });

  it.each([
    ['SELECT DISTINCT c.a FROM c', 'DISTINCT'],
    ['SELECT c.a, COUNT(1) FROM c GROUP BY c.a', 'GROUP BY'],
    ['SELECT * FROM c JOIN t IN c.tags', 'JOIN'],
    ['SELECT * FROM t IN c.tags', 'IN in FROM'],
    ['SELECT * FROM c.tags', 'path in FROM'],
    ['SELECT * FROM c ORDER BY c.a, c.b', 'more than one property'],
    ['SELECT * FROM c ORDER BY LOWER(c.a)', 'ORDER BY'],
    ['SELECT COUNT(1) AS n FROM c', 'COUNT outside'],
    ['SELECT * FROM c WHERE udf.f(c.a)', 'UDF|udf|Identifier'],
    ['SELECT * FROM c WHERE c.a LIKE "x%"', 'LIKE'],
    ['SELECT * FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags)', 'EXISTS'],
    ['SELECT * FROM c WHERE c.a IN (SELECT VALUE 1)', 'subquery'],
    ['SELECT VALUE (SELECT 1) FROM c', 'subquery'],
    ['SELECT * FROM (SELECT * FROM c)', 'subquery'],
    ['SELECT * FROM c WHERE c.a + 1 = 2', 'operator +'],
    ['SELECT * FROM c WHERE c.a ?? 1 = 2', 'operator'],
    ['SELECT VALUE c.a ? 1 : 2 FROM c', 'operator'],
    ['SELECT VALUE c.a || "x" FROM c', 'operator'],
    ['SELECT VALUE -c.a FROM c', 'operator -'],
    ['SELECT VALUE ST_DISTANCE(c.a, c.b) FROM c', 'ST_DISTANCE'],
    ['SELECT 1', 'without FROM'],
    ['SELECT * FROM c WHERE d.a = 1', "'d' could not be resolved"],
    ['SELECT * FROM c WHERE c.a = @p', '@p'],
    ['SELECT * FROM c WHERE c.value = 1', 'reserved'],
    ['SELECT * FROM c WHERE', 'too early'],
    ['SELECT * FROM c trailing more', "unexpected 'more'"],
    ['SELECT TOP 1.5 * FROM c', 'TOP'],
    ['SELECT TOP 1 * FROM c OFFSET 1 LIMIT 1', 'exclude each other'],
    ['SELECT VALUE COUNT(1) FROM c ORDER BY c.a', 'aggregate together'],
  ])('refuses %s', (text, named) => {
    expect(() => parse(text)).toThrow(new RegExp(named.replaceAll('+', '\\+').replaceAll('(', '\\(')));
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(() => parse(`SELECT VALUE ${'('.repeat(5000)}1${')'.repeat(5000)} FROM c`)).toThrow(/nested/);
    expect(() =>
      parse(`SELECT * FROM c WHERE ${Array.from({ length: 3000 }, () => 'c.a = 1').join(' OR ')}`),
    ).not.toThrow();
  });
});

describe('values', () => {
  const document = { s: 'text', n: 5, z: null, t: true, list: ['a', { k: 1, l: 2 }], o: { 'd e': 1 }, umlaut: 'äö' };

  it.each<[string, Value]>([
    ['c.n = 5', true],
    ['c.n = "5"', false],
    ['c.n != "5"', true],
    ['c.z != null', false],
    ['c.s != null', true],
    ['c.missing = 1', undefined],
    ['c.missing != 1', undefined],
    ['NOT c.missing', undefined],
    // `unary_operator` of the published grammar: NOT binds tighter than every comparison.
    ['NOT c.s = "text"', undefined],
    ['NOT c.t = false', true],
    ['NOT c.t = c.t', false],
    ['NOT (c.s = "text")', false],
    ['false = NOT c.t', true],
    ['NOT c.t IN (false, 1)', true],
    ['NOT c.t BETWEEN false AND true', true],
    ['NOT c.t AND c.t', false],
    ['NOT NOT c.t = true', true],
    ['NOT IS_DEFINED(c.missing) AND NOT c.n = 4', undefined],
    ['c.missing = 1 OR c.n = 5', true],
    ['c.missing = 1 AND c.n = 4', false],
    ['c.n < "5"', undefined],
    ['c.n BETWEEN 1 AND 5', true],
    ['c.n NOT BETWEEN 1 AND 5', false],
    ['c.n IN (1, 5)', true],
    ['c.n NOT IN (1, 5)', false],
    ['c.o["d e"]', 1],
    ['c.list[1].k', 1],
    ['c.list[9]', undefined],
    ['c.constructor', undefined],
    ['c.s.length', undefined],
    ['ARRAY_CONTAINS(c.list, "a")', true],
    ['ARRAY_CONTAINS(c.list, {"k": 1})', false],
    ['ARRAY_CONTAINS(c.list, {"k": 1}, true)', true],
    ['ARRAY_CONTAINS(c.s, "a")', undefined],
    ['ARRAY_LENGTH(c.list)', 2],
    ['STARTSWITH(c.s, "te")', true],
    ['STARTSWITH(c.s, "TE", true)', true],
    ['CONTAINS(c.s, "ex")', true],
    ['CONTAINS(c.n, "ex")', undefined],
    ['IS_DEFINED(c.z)', true],
    ['IS_DEFINED(c.missing)', false],
    ['IS_NULL(c.z)', true],
    ['{"a": c.n, "b": c.missing}', { a: 5 }],
    ['[c.n, c.missing, -1.5e2]', [5, -150]],
    ['c.o = {"d e": 1}', true],
    ['c["n"] >= 5', true],
  ])('%s', (expression, expected) => {
    expect(evaluated(expression, document)).toEqual(expected);
  });

  it('evaluates long chains without recursion trouble', () => {
    const chain = Array.from({ length: 2000 }, (_, index) => `c.n = ${index + 10}`).join(' OR ');
    expect(evaluated(chain, document)).toBe(false);
  });
});
