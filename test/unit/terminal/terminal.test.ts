import { createTerminal } from '../../../packages/terminal/src/terminal';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 100, written, write: (text: string) => written.push(text) };
}

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
