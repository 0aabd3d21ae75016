import fc from 'fast-check';
import { printable } from '../../../packages/terminal/src/printable';

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
    ['a\u001b[31mred\u001b[0m\u0007\u202egpj.exe', 'aredgpj.exe'],
    ['zwei\nZeilen\tü', 'zwei Zeilen ü'],
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
