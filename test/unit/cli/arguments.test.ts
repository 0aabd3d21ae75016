import { runCli } from '../../../packages/cli/src/run-cli';
import { checkedAddress } from '../../../packages/cli/src/session';
import { colorsFor } from '../../../packages/cli/src/text/colors';
import { aScreen, aContext } from './screen';

const NOWHERE = '127.0.0.1:1';

async function run(...words: string[]) {
  const context = aContext();
  const code = await runCli([...words, '--address', NOWHERE], context);
  return { code, out: context.stdout.text(), err: context.stderr.text() };
}

describe('wrong usage', () => {
  test.each([
    [['nothing']],
    [['run']],
    [['run', 'start']],
    [['run', 'list', '--limit', '0']],
    [['run', 'list', '--limit', 'x']],
    [['run', 'list', '--since', 'yesterday']],
    [['run', 'list', '--status', 'Flying']],
    [['run', 'list', '-o', 'yaml']],
    [['run', 'start', 'photos', '--approve', 'maybe']],
    [['run', 'start', 'photos', '--features', 'a,,b']],
    [['run', 'start', 'photos', 'more']],
    [['run', 'decline', 'r1']],
    [['image', 'show', 'photos']],
    [['image', 'show', 'photos/']],
    [['image', 'show', '/a.jpg']],
    [['image', 'show', 'photos/..']],
    [['container', 'show', '..']],
    [['quota', 'set']],
    [['quota', 'set', '--rate', '10']],
    [['quota', 'set', '--rate', '0/s']],
    [['quota', 'set', '--weight', 'r1']],
    [['completion', 'tcsh']],
  ])('%j ends with 2 and a word on standard error', async (words) => {
    const { code, out, err } = await run(...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toBe('');
  });

  test('an unknown option names the one that was meant', async () => {
    expect((await run('run', 'list', '--statsu', 'x')).err).toContain('Did you mean --status?');
  });
});

describe('help', () => {
  test.each([[['--help']], [['run', '--help']], [['run', 'start', '--help']], [['help', 'quota']]])(
    '%j is data, and no failure',
    async (words) => {
      const { code, out, err } = await run(...words);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain('Usage: contactsheet');
    },
  );

  test('lists the exit codes', async () => {
    expect((await run('--help')).out).toMatch(/130 interrupted/);
  });
});

describe('addresses', () => {
  test.each([
    ['localhost:8080', 'http://localhost:8080'],
    ['https://pictures.example/sheet/', 'https://pictures.example/sheet'],
    ['http://[::1]:80', 'http://[::1]:80'],
  ])('%s is %s', (text, address) => {
    expect(checkedAddress(text)).toBe(address);
  });

  test.each(['', 'ftp://x', 'http://', 'a b'])('%j is none', (text) => {
    expect(() => checkedAddress(text)).toThrow('is not an address');
  });

  test('an option goes before the environment', async () => {
    const context = aContext({ env: { CONTACTSHEET_ADDRESS: 'ftp://never' } });
    expect(await runCli(['open', '--print', '--address', 'here:1'], context)).toBe(0);
    expect(context.stdout.text()).toBe('http://here:1\n');
  });
});

test('nobody there is exit code 7, with the cure', async () => {
  const { code, err } = await run('run', 'list');
  expect(code).toBe(7);
  expect(err).toBe(
    'error: nothing answers at http://127.0.0.1:1 (ECONNREFUSED)\ncure: Start it with `npm start`, or set its address with --address or CONTACTSHEET_ADDRESS.\n',
  );
});

describe('colours', () => {
  const isOn = (env: Record<string, string>, isTTY: boolean, when: 'auto' | 'always' | 'never' = 'auto') =>
    colorsFor(aScreen({ isTTY }), env, when).isColorSupported;

  test('are on on a terminal only', () => {
    expect([isOn({}, true), isOn({}, false), isOn({ TERM: 'dumb' }, true)]).toEqual([true, false, false]);
  });

  test('follow NO_COLOR, FORCE_COLOR and the option, in this order upwards', () => {
    expect([isOn({ NO_COLOR: '1' }, true), isOn({ NO_COLOR: '' }, true)]).toEqual([false, true]);
    expect([isOn({ FORCE_COLOR: '1' }, false), isOn({ FORCE_COLOR: '0' }, true)]).toEqual([true, false]);
    expect([isOn({ NO_COLOR: '1' }, false, 'always'), isOn({}, true, 'never')]).toEqual([true, false]);
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('the script for %s knows every command and option', async (shell) => {
    const { code, out } = await run('completion', shell);
    expect(code).toBe(0);
    for (const word of ['confirm-shrink', 'receipt', 'quota', 'repair', 'jsonl', 'doctor']) expect(out).toContain(word);
  });
});
