import fc from 'fast-check';

/** Texts, segments and bodies that have broken parsers before, and much besides. */

const LONG = 9_000;

/** Half of a surrogate pair, in UTF-8 as no encoder writes it. */
const SURROGATES = ['%ED%A0%80', '%ED%BF%BF', 'a%ED%A0%BDb'];

export const wildText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    ...['', '.', '..', '../../etc/passwd', '%2e%2e', '/', '//', '\\', '*', '~', ':', '$count'],
    ...['\u0000', 'a\u0000b', '\r\nX-Injected: yes', '\u2028', '\ufeff', '\ud800', 'a\udc00b', '\u202e'],
    ...['é', 'e\u0301', 'Å', 'A\u030a', 'ﬁ', '🙂', '写真', 'İ', 'ß'],
    ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN'],
    ...["' OR 1=1 --", '"; DROP', '{{7*7}}', '<script>alert(1)</script>', '$(id)', '| id'],
    ...['true', 'false', '0', '-1', '1e309', '0x10', '50', '9007199254740993', '1970-01-01', 'PT15M'],
  ),
  fc.integer({ min: 100, max: LONG }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 30, max: 400 }).map((length) => 'é'.repeat(length)),
);

/** One segment of a path, or a value of a query: as a client encodes it, and as none should. On the wire it is ASCII. */
export const wildSegment = fc.oneof(
  wildText.map(encoded),
  wildText.map((text) => text.replace(/[^\x21-\x7e]|[?#&=]/g, '')),
  fc.constantFrom(
    ...['%', '%z', '%zz', '%2', '%e0%a4', '%c0%af', '%c0%80', '%fe%ff', '%00', 'a%00b'],
    ...['%2f', '%2F%2F', '%2e%2e%2f', '%252F', '%5c', '%0d%0aX-Injected:%20yes', '%0a', '%20', '%7f', '+'],
    ...['e%CC%81', '%C3%A9', '%EF%BB%BF', ...SURROGATES],
  ),
);

/** Percent-encoded; a lone half of a pair, which has no encoding, as its bytes would be. */
export function encoded(text: string): string {
  return [...text].map((letter) => (/\p{Surrogate}/u.test(letter) ? '%ED%A0%80' : encodeURIComponent(letter))).join('');
}

export const wildHeader = fc.oneof(
  fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 200,
  }),
  fc.constantFrom('', ' ', '%0d%0aX-Injected: yes', '*/*', 'text/html', '"', ',,,', 'x'.repeat(4_000)),
);

export const wildValue = fc.oneof(
  wildText,
  fc.anything({ maxDepth: 2, withBigInt: false }),
  fc.constantFrom(null, true, -0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], [null]),
);

/** Bodies whatever the route wants: none, no JSON, JSON of any shape, too deep, too long, at the limits. */
export const wildBody = fc.oneof(
  fc.constant(''),
  fc.json({ maxDepth: 6 }),
  wildValue.map((value) => JSON.stringify(value) ?? ''),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('{', '[]', 'null', '"', '\ufeff{}', '{"a":1,"a":2}', '{"__proto__":{"a":1}}', "{'a':1}", '{}{}'),
  fc.constantFrom(19, 20, 21, 22, 5_000).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.constantFrom(19, 20, 21, 22, 5_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom(65_535, 65_536, 65_537, 70_000).map((length) => '{}'.padEnd(length)),
);

export const contentType = fc.oneof(
  { weight: 4, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    ...['application/json; charset=utf-16', 'application/json; charset="', 'application/cloudevents+json'],
    ...['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded', 'text/json', ';', '/', ''],
  ),
);
