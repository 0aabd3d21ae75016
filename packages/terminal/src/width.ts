/** Columns that text takes on a terminal, and text cut to a number of columns. Graphemes are never split. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Scripts of double width, by the ranges of East Asian Width that matter, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u;
const NARROW = /^[\x20-\x7e]*$/;
const UNSEEN = /^[\p{Mark}\p{Format}]+$/u;

export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  return [...graphemes.segment(text)].reduce((sum, { segment }) => sum + widthOf(segment), 0);
}

function widthOf(grapheme: string): number {
  if (UNSEEN.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** At most `width` columns. An ellipsis stands for what is left out: at the end, or in the middle to keep both ends. */
export function cut(text: string, width: number, where: 'end' | 'middle' = 'end'): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 1) return width === 1 ? '…' : '';
  const letters = [...graphemes.segment(text)].map(({ segment }) => segment);
  if (where === 'end') return `${take(letters, width - 1)}…`;
  const head = Math.ceil((width - 1) / 2);
  const tail = take(letters.toReversed(), width - 1 - head, true);
  return `${take(letters, head)}…${tail}`;
}

function take(letters: readonly string[], width: number, isReversed = false): string {
  const taken: string[] = [];
  let used = 0;
  for (const letter of letters) {
    used += widthOf(letter);
    if (used > width) break;
    taken.push(letter);
  }
  return (isReversed ? taken.reverse() : taken).join('');
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** Lines broken between words. A word that is wider than a line stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || displayWidth(line) + 1 + displayWidth(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

const ADDRESS = /\b[a-z][a-z\d+.-]*:\/\//i;

/** Does it hold an address? Nobody can follow one that is cut or broken. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}
