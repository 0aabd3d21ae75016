import { progressLine, rowOf } from '../../../packages/dev-stack/src/demo';
import { printable } from '../../../packages/dev-stack/src/log-file';
import { restartPauseMs } from '../../../packages/dev-stack/src/part';
import { contentTypeOf } from '../../../packages/dev-stack/src/sample-pictures';
import { createTerminal, cut, tableLines } from '../../../packages/dev-stack/src/terminal';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 100, written, write: (text: string) => written.push(text) };
}

test('what others wrote cannot drive a terminal', () => {
  expect(printable('a\u001b[31mred\u001b[0m\u0007\u202egpj.exe')).toBe('ared  gpj.exe');
  expect(printable('zwei\nZeilen\tü')).toBe('zwei Zeilen ü');
});

test('a table cuts its cells and cleans them', () => {
  const rows = [['\u001b[2Jpicture.jpg', 'x'.repeat(200)]];
  const lines = tableLines(
    [
      { title: 'Image', share: 1 },
      { title: 'Caption', share: 1 },
    ],
    rows,
    40,
  );
  expect(lines[2]).toMatch(/^picture\.jpg {2}x+…$/);
  expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(40);
});

test('text is cut by letters, not by halves of them', () => {
  expect(cut('🖼🖼🖼🖼', 3)).toBe('🖼🖼…');
});

describe('the live line', () => {
  test('is rewritten in place on a terminal, and other lines go above it', () => {
    const to = screen(true);
    const terminal = createTerminal(to);
    terminal.live('1 of 2');
    terminal.say('cosmos died');
    terminal.live('2 of 2');
    terminal.settle();
    expect(to.written.join('')).toBe('\r\u001b[2K1 of 2\r\u001b[2Kcosmos died\n1 of 2\r\u001b[2K2 of 2\n');
  });

  test('is printed every ten seconds where there is no terminal, and at its end', () => {
    const to = screen(false);
    let now = 0;
    const terminal = createTerminal(to, () => now);
    for (now = 0; now <= 12_000; now += 1_000) terminal.live(`${now / 1_000} s`);
    terminal.settle();
    expect(to.written).toEqual(['0 s\n', '10 s\n', '12 s\n']);
  });
});

test('the pauses before restarts double up to ten seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(restartPauseMs)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test('progress says what is done of what', () => {
  const run = {
    id: 'r',
    status: 'Running',
    phase: 'analyze',
    counts: { total: 27, totalIsFinal: true, succeeded: 16, failed: 0, skipped: 1, unchanged: 2, inFlight: 4 },
    calls: 16,
  };
  expect(progressLine(run, 4_400)).toBe(
    'Running (analyze): 19 of 27 images · 16 succeeded · 0 failed · 1 skipped · 2 unchanged · 16 Vision calls · 4 s',
  );
});

test('a row shows a caption, else the measured words, and the reason of what was skipped', () => {
  expect(rowOf({ blob: 'a.txt', status: 'skipped', reason: 'not-an-image' })).toEqual([
    'a.txt',
    '',
    '',
    '',
    'skipped: not-an-image',
  ]);
  const analysis = {
    description: { tags: ['bright', 'blurry'], captions: [] },
    tags: [{ name: 'bright' }],
    color: { dominantColors: ['Blue', 'White'] },
  };
  expect(rowOf({ blob: 'b.jpg', status: 'succeeded', analysis })).toEqual([
    'b.jpg',
    'bright, blurry',
    'bright',
    'Blue, White',
    'succeeded',
  ]);
});

test('content types follow the ending of a name', () => {
  expect(contentTypeOf('folder/Ä #1.JPG')).toBe('image/jpeg');
  expect(contentTypeOf('unknown')).toBe('application/octet-stream');
});
