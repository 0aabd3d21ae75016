import fc from 'fast-check';
import { cut, displayWidth, wrap } from '../../../packages/terminal/src/width';

describe('width', () => {
  test.each([
    ['abc', 3],
    ['漢字', 4],
    ['🙂', 2],
    ['👨‍👩‍👧', 2],
    ['e\u0301', 1],
    ['❤️', 2],
    ['🫠', 2],
  ])('of %s is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('cuts at the end or in the middle', () => {
    expect(cut('a long name.jpg', 8)).toBe('a long …');
    expect(cut('a long name.jpg', 9, 'middle')).toBe('a lo….jpg');
    expect(cut('漢字漢字', 5)).toBe('漢字…');
    expect(cut('🖼️🖼️🖼️🖼️', 5)).toBe('🖼️🖼️…');
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

describe('wrapping', () => {
  test('breaks between words, and leaves a long one whole', () => {
    expect(wrap('a few words and http://127.0.0.1:8080/a/long/address at the end', 12)).toEqual([
      'a few words',
      'and',
      'http://127.0.0.1:8080/a/long/address',
      'at the end',
    ]);
  });

  test('changes nothing but spaces into ends of lines', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (text, width) => {
        expect(wrap(text, width).join(' ')).toBe(text);
      }),
    );
  });
});
