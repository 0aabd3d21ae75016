/** A program that is started from its bundle behaves as one that is started from its files. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { wordsToStart } from '../../../packages/dev-stack/src/bundle';
import { CHECKOUT, compiled } from '../../../packages/dev-stack/src/checkout';

const folder = mkdtempSync(join(tmpdir(), 'contactsheet-bundle-'));
const CACHE = join(CHECKOUT, 'node_modules', '.cache', 'contactsheet-programs');
afterAll(() => {
  for (const name of readdirSync(CACHE)) {
    if (name.includes(basename(folder))) rmSync(join(CACHE, name), { force: true });
  }
  rmSync(folder, { recursive: true, force: true });
});

const node = (...words: string[]) => spawnSync(process.execPath, words, { encoding: 'utf8' });

function program(name: string, ...lines: string[]): string {
  const file = join(folder, `${name}.js`);
  writeFileSync(file, lines.join('\n'));
  return file;
}

test('it is the main module, has its own words and its own folder, twice alike', async () => {
  const entry = program(
    'tells',
    "if (require.main === module) console.log(JSON.stringify([process.argv.slice(1), __dirname, require('./other').n]));",
  );
  program('other', 'exports.n = 7;');
  const words = await wordsToStart(entry);
  expect(words).toHaveLength(3); // from a bundle
  for (const _ of ['compiled', 'from what V8 compiled']) {
    const { stdout, stderr } = node(...words, 'one', '--two');
    expect({ stderr, said: JSON.parse(stdout) }).toEqual({ stderr: '', said: [[entry, 'one', '--two'], folder, 7] });
  }
  const [, bundle = ''] = words;
  expect(readdirSync(CACHE)).toContain(`${basename(bundle)}.v8`);
});

test('what is loaded before it is loaded before it', async () => {
  const entry = program('second', "console.log('second');");
  const words = await wordsToStart(entry, [program('first', "console.log('first');")]);
  expect(node(...words).stdout).toBe('first\nsecond\n');
});

test('a stack trace names the source and its line', async () => {
  const words = await wordsToStart(compiled('dev-cosmos'));
  const { stderr } = node('-e', TRACED, ...words);
  expect(stderr).toMatch(new RegExp(`${join(CHECKOUT, 'packages', 'dev-cosmos', 'src')}/[\\w/-]+\\.ts:\\d+\\b`));
});

/** Shows where the program was when it asked for its arguments. */
const TRACED = `
  process.argv.splice(1, 0, '-');
  const util = require('node:util');
  util.parseArgs = () => { process.stderr.write(new Error('here').stack); process.exit(); };
  process.argv.splice(1, 1);
  require(process.argv[1]);
`;

test('without its bundle it runs from its files', async () => {
  const entry = program('plain', 'console.log(process.argv.length, require.main === module);');
  const [starter = '', bundle = ''] = await wordsToStart(entry);
  rmSync(bundle);
  expect(node(starter, bundle, entry, 'word').stdout).toBe('3 true\n');
});

test('what cannot be bundled is started from its files, and says itself what is wrong', async () => {
  const entry = program('broken', "require('./nothing-here');");
  const first = program('before', '');
  expect(await wordsToStart(entry, [first])).toEqual(['--require', first, entry]);
});

test('of each program the three newest are kept', async () => {
  const entry = program('often', '');
  const [, own = ''] = await wordsToStart(entry);
  const prefix = basename(own).slice(0, -'-0123456789abcdef.js'.length);
  const older = ['a', 'b', 'c'].map((letter) => join(CACHE, `${prefix}-${letter.repeat(16)}.js`));
  for (const [n, file] of older.entries()) {
    for (const each of [file, `${file}.map`, `${file}.v8`]) {
      writeFileSync(each, '');
      utimesSync(each, n, n);
    }
  }
  rmSync(own);
  await wordsToStart(entry);
  const kept = readdirSync(CACHE).filter((file) => file.startsWith(prefix) && file.endsWith('.js'));
  expect(kept.sort()).toEqual([own, ...older.slice(1)].map((file) => basename(file)).sort());
  expect(existsSync(`${older[0]}.v8`)).toBe(false);
});
