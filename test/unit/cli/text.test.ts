import fc from 'fast-check';
import { plainLines } from '../../../packages/cli/src/text/plain';
import { printable } from '../../../packages/cli/src/text/printable';
import { bytes, duration, money, parseDuration, percent, time } from '../../../packages/cli/src/text/quantities';
import { createTable, pairLines, tableLines } from '../../../packages/cli/src/text/table';
import { cut, displayWidth } from '../../../packages/cli/src/text/width';

describe('printable', () => {
  test.each([
    ['plain ä 漢 🙂.jpg', 'plain ä 漢 🙂.jpg'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007name', 'name'],
    ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u009b2Jcleared', 'cleared'],
    ['\u001bPq#0\u001b\\sixel', 'sixel'],
    ['\u001bcreset', 'reset'],
    ['a\r\nb\tc', 'a b c'],
    ['a\u0000b\u007fc\u0008', 'abc'],
    ['gpj.\u202eexe', 'gpj.exe'],
    ['half \ud83d', 'half '],
  ])('%j becomes %j', (from, to) => {
    expect(printable(from)).toBe(to);
  });

  test('nothing that drives a terminal is left, whatever came', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe('width', () => {
  test.each([
    ['abc', 3],
    ['漢字', 4],
    ['🙂', 2],
    ['👨‍👩‍👧', 2],
    ['e\u0301', 1],
    ['❤️', 2],
  ])('of %s is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('cuts at the end or in the middle', () => {
    expect(cut('a long name.jpg', 8)).toBe('a long …');
    expect(cut('a long name.jpg', 9, 'middle')).toBe('a lo….jpg');
    expect(cut('漢字漢字', 5)).toBe('漢字…');
    expect(cut('short', 5)).toBe('short');
    expect(cut('short', 1)).toBe('…');
    expect(cut('short', 0)).toBe('');
  });

  test('never wider than asked', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.nat(30),
        fc.constantFrom('end', 'middle'),
        (text, width, where) => {
          expect(displayWidth(cut(text, width, where as 'end'))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('a table', () => {
  const columns = [
    { title: 'ID' },
    { title: 'NAME', shrinks: 'middle' as const },
    { title: 'N', align: 'right' as const },
  ];
  const rows = [
    ['0192f0c0', 'holiday/2026/a very long name of a picture.jpg', '7'],
    ['0192f0c1', 'b.jpg', '1,000'],
  ];

  test('is as wide as it needs where nothing is cut', () => {
    expect(tableLines(columns, rows)).toEqual([
      'ID        NAME                                                N',
      '0192f0c0  holiday/2026/a very long name of a picture.jpg      7',
      '0192f0c1  b.jpg                                           1,000',
    ]);
  });

  test('fits the terminal: what may shrink gives way, the ids stay', () => {
    const lines = tableLines(columns, rows, 40);
    expect(lines.map(displayWidth).every((width) => width <= 40)).toBe(true);
    expect(lines[1]).toMatch(/^0192f0c0 {2}holiday.*….*\.jpg +7$/);
  });

  test('is never wider than the terminal, however narrow', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.string({ unit: 'grapheme' }), fc.string())),
        fc.integer({ min: 1, max: 60 }),
        (cells, width) => {
          for (const line of tableLines(columns, cells, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test('leaves out what can be spared where there is no room, the least important first', () => {
    const spare = [{ title: 'ID' }, { title: 'STARTED', drops: 2 }, { title: 'COST', drops: 1 }];
    const titles = (width: number) => tableLines(spare, [['0192f0c0', '2026-01-02', '1.00 USD']], width)[0];
    expect([30, 29, 19].map(titles)).toEqual(['ID        STARTED     COST', 'ID        STARTED', 'ID']);
  });

  test('fits later rows to the first ones, and cuts none in a pipe', () => {
    expect(createTable(columns, [['a', 'b', 'c']]).line(['longer id', 'x', '1'])).toBe('longer id  x     1');
  });

  test('a name cannot break a row', () => {
    expect(tableLines(columns, [['a', 'b\n\u001b[2Jc', '1']])[1]).toBe('a   b c   1');
  });

  test('colours do not count', () => {
    const painted = [{ title: 'S', paint: (text: string) => `\u001b[31m${text}\u001b[39m` }, { title: 'T' }];
    expect(tableLines(painted, [['x', 'y']], 80)[1]).toBe('\u001b[31mx\u001b[39m  y');
  });

  test('pairs are aligned and empty ones left out', () => {
    expect(
      pairLines([
        ['a', '1'],
        ['long', '2'],
        ['none', undefined],
        ['empty', ''],
      ]),
    ).toEqual(['a     1', 'long  2']);
  });
});

test('any answer as text: nested names, lists as tables, links left out', () => {
  const answer = {
    run: 'r1',
    price: { unit: 0.001, currency: 'EUR' },
    tags: ['a', 'b'],
    reports: [{ key: 'k', lines: 2 }],
    links: { self: 'x' },
  };
  expect(plainLines(answer)).toEqual([
    'run             r1',
    'price.unit      0.001',
    'price.currency  EUR',
    'tags            a, b',
    '',
    'reports:',
    'KEY  LINES',
    'k    2',
  ]);
});

describe('quantities', () => {
  test('durations', () => {
    expect([0, 45_000, 130_000, 3 * 3_600_000 + 300_000, 52 * 3_600_000].map(duration)).toEqual([
      '0s',
      '45s',
      '2m10s',
      '3h05m',
      '2d04h',
    ]);
    expect(['90', '90s', '1.5m', '24h', '7d', '250ms', '', 'x', '-1', '1w'].map(parseDuration)).toEqual([
      90_000,
      90_000,
      90_000,
      86_400_000,
      604_800_000,
      250,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('money, bytes, shares and times', () => {
    expect([0, 0.0012, 0.81, 12.5, 0.0000004].map((amount) => money(amount, 'USD'))).toEqual([
      '0.00 USD',
      '0.0012 USD',
      '0.81 USD',
      '12.50 USD',
      '0.00 USD',
    ]);
    expect([0, 999, 1_234, 45_600_000].map(bytes)).toEqual(['0 B', '999 B', '1.2 KB', '46 MB']);
    expect([percent(0, 0), percent(999, 1000), percent(3, 3)]).toEqual(['100%', '99%', '100%']);
    expect(time('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05Z');
  });
});
