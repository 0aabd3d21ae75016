import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as names from '../../../src/names';

/** Rules about the whole of src that no single file can show. */
const ROOT = resolve(__dirname, '../../..');
const FOLDERS = ['src', ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/src`)];
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
);

const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test('who imports whom is as .dependency-cruiser.cjs says, and no files import each other', () => {
  const cruise = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...FOLDERS],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(stdout).toContain('no dependency violations found');
  expect(Number(/\((\d+) modules/.exec(stdout)?.[1])).toBeGreaterThan(400); // it has seen them all
  expect(status).toBe(0);
});

describe('names', () => {
  test('no file is called after nothing', () => {
    const isEmptyName = (file: string) =>
      /(^|[-./])(utils?|helpers?|common|managers?|misc)([-./]|$)/i.test(file.replace(/^(src|packages)\//, ''));
    expect(FILES.filter(isEmptyName)).toEqual([]);
  });

  test('no two names on the same wire are the same', () => {
    const { WORKFLOWS, ACTIVITIES, ACTORS, TOPICS, EVENT_TYPES, COMPONENTS, SUBSCRIPTION_ROUTES } = names;
    for (const group of [
      { ...WORKFLOWS, ...ACTIVITIES },
      ACTORS,
      TOPICS,
      EVENT_TYPES,
      COMPONENTS,
      SUBSCRIPTION_ROUTES,
    ]) {
      const values = Object.values(group);
      expect(values.filter((value, i) => values.indexOf(value) !== i)).toEqual([]);
    }
    const workflowsAndActivities = [...Object.values(WORKFLOWS), ...Object.values(ACTIVITIES)];
    expect(new Set(workflowsAndActivities).size).toBe(Object.keys(WORKFLOWS).length + Object.keys(ACTIVITIES).length);
  });

  test('what replays carries a version', () => {
    for (const name of Object.values(names.WORKFLOWS)) expect(name).toMatch(/\.v\d+$/);
    for (const type of Object.values(names.EVENT_TYPES)) expect(type).toMatch(/\.v\d+$/);
  });

  test("every name of the tutorial leads to a step of today's", () => {
    const known: string[] = [...Object.values(names.WORKFLOWS), ...Object.values(names.ACTIVITIES)];
    for (const target of Object.values(names.TUTORIAL_ALIASES)) expect(known).toContain(target);
  });
});

test('every file that ARCHITECTURE.md names is there', () => {
  const named = [...textOf('ARCHITECTURE.md').matchAll(/`((?:src|packages)\/[\w./-]+\.ts)`/g)].map(
    ([, file]) => file ?? '',
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((file) => !FILES.includes(file))).toEqual([]);
});

test('only the places that read settings read the environment', () => {
  const mayRead = /^(src\/(app|config)|packages\/(dev-stack|bench)\/src\/.*|packages\/[a-z-]+\/src\/main)\.ts$/;
  const readers = FILES.filter((file) => /\bprocess\s*\.\s*env\b/.test(textOf(file)));
  expect(readers.filter((file) => !mayRead.test(file))).toEqual([]);
});
