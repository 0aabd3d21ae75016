import fc from 'fast-check';
import { pairLines } from '../../../packages/terminal/src/pairs';
import { createTable, tableLines } from '../../../packages/terminal/src/table';
import { displayWidth } from '../../../packages/terminal/src/width';

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

  test('leaves out first what says nothing', () => {
    const spare = [{ title: 'ID' }, { title: 'STARTED', drops: 2 }, { title: 'ACTIVE', drops: 3 }];
    expect(createTable(spare, [['0192f0c0', '2026-01-02', '']], 25).leftOut).toEqual(['ACTIVE']);
    expect(createTable(spare, [['0192f0c0', '2026-01-02', 'yes']], 25).leftOut).toEqual(['STARTED']);
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

  test('leaves out a column before the others say too little, and tells which', () => {
    const wide = [
      { title: 'IMAGE', shrinks: 'middle' as const, least: 24 },
      { title: 'CAPTION', shrinks: 'end' as const, least: 24 },
      { title: 'TAGS', shrinks: 'end' as const, least: 24, drops: 2 },
      { title: 'COLOURS', shrinks: 'end' as const, drops: 1 },
    ];
    const row = ['a'.repeat(40), 'b'.repeat(60), 'c'.repeat(60), 'd'.repeat(20)];
    expect(createTable(wide, [row]).leftOut).toEqual([]);
    const table = createTable(wide, [row], 80);
    expect(table.leftOut).toEqual(['COLOURS']);
    expect(table.line(row).split('  ').map(displayWidth)).toEqual([25, 25, 26]);
    expect(tableLines(wide, [row], 60, 'ask elsewhere').at(-1)).toBe('(No room for TAGS, COLOURS: ask elsewhere)');
    expect(tableLines(wide, [row], undefined, 'ask elsewhere')).toHaveLength(2);
  });

  test('never cuts an address: its column goes, and the last one sticks out', () => {
    const address = 'https://example.test/a/rather/long/path?with=a&query=of-its-own';
    const some = [
      { title: 'NAME', shrinks: 'end' as const },
      { title: 'WHERE', shrinks: 'end' as const },
    ];
    expect(tableLines(some, [['n'.repeat(30), address]], 40)).toEqual(['NAME', 'n'.repeat(30)]);
    expect(tableLines(some, [['n'.repeat(30), address]], 90)[1]).toBe(`${'n'.repeat(24)}…  ${address}`);
    expect(tableLines([{ title: 'WHERE', shrinks: 'end' as const }], [[address]], 40)).toEqual(['WHERE', address]);
  });
});

test('a table cuts its cells and cleans them', () => {
  const rows = [['\u001b[2Jpicture.jpg', 'x'.repeat(200)]];
  const lines = tableLines(
    [
      { title: 'Image', shrinks: 'middle' },
      { title: 'Caption', shrinks: 'end' },
    ],
    rows,
    40,
  );
  expect(lines[1]).toMatch(/^picture\.jpg {2}x+…$/);
  expect(Math.max(...lines.map((line) => displayWidth(line)))).toBeLessThanOrEqual(40);
});

describe('pairs', () => {
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

  test('are wrapped between words, under their own beginning', () => {
    const words = 'one two three four five six seven';
    expect(
      pairLines(
        [
          ['tags', words],
          ['n', '1'],
        ],
        25,
      ),
    ).toEqual(['tags  one two three four', '      five six seven', 'n     1']);
  });

  test('an address stands whole under its name where it does not fit beside it', () => {
    const command = "curl -X POST 'http://127.0.0.1:8080/api/start?container=samples'";
    expect(
      pairLines(
        [
          ['start a run', command],
          ['logs', 'here'],
        ],
        70,
      ),
    ).toEqual(['start a run', `    ${command}`, 'logs         here']);
    expect(pairLines([['start a run', command]], 65)[1]).toBe(` ${command}`);
    expect(pairLines([['start a run', command]], 50)[1]).toBe(command);
    expect(pairLines([['start a run', command]], 80)).toEqual([`start a run  ${command}`]);
  });
});
