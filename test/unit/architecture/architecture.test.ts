import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import * as names from '../../../src/names';

/** Rules about the whole of src that no single file can show. */
const ROOT = resolve(__dirname, '../../..');
const FILES = ['src', ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/src`)].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
);

const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What a file imports: paths from the root for files of ours, package names for the rest. */
function importsOf(file: string): string[] {
  const found = [
    ...textOf(file).matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)|\brequire\('([^']+)'\)/g,
    ),
  ];
  return found.map(([, one, two, three]) => {
    const specifier = one ?? two ?? three ?? '';
    return specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier;
  });
}

function offenders(files: readonly string[], isAllowed: (specifier: string) => boolean): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => !isAllowed(specifier))
      .map((specifier) => `${file} imports ${specifier}`),
  );
}

describe('who may import whom', () => {
  test('the reader of imports sees them', () => {
    expect(importsOf('src/domain/ids.ts')).toContain('uuid');
    expect(importsOf('src/pipeline/image-work.ts')).toEqual(
      expect.arrayContaining(['node:crypto', 'src/domain/image/image']),
    );
  });

  test('the domain imports nothing but itself, the names and uuid', () => {
    const domain = FILES.filter((file) => file.startsWith('src/domain/'));
    expect(domain.length).toBeGreaterThan(15);
    const isAllowed = (name: string) => name.startsWith('src/domain/') || name === 'src/names' || name === 'uuid';
    expect(offenders(domain, isAllowed)).toEqual([]);
  });

  test('a workflow imports the domain, the names, the seam and its steps', () => {
    const workflows = FILES.filter((file) => dirname(file) === 'src/workflows' && basename(file) !== 'register.ts');
    expect(workflows.length).toBeGreaterThan(2);
    const isAllowed = (name: string) => /^src\/(domain\/|names$|workflows\/(sdk|steps|analyze-))/.test(name);
    expect(offenders(workflows, isAllowed)).toEqual([]);
  });

  test('names.ts imports nothing', () => {
    expect(importsOf('src/names.ts')).toEqual([]);
  });

  test('gateways know nothing of actors, pipeline, workflows and HTTP', () => {
    const gateways = FILES.filter((file) => file.startsWith('src/gateways/'));
    expect(
      offenders(gateways, (name) => !/^src\/(actors|pipeline|workflows|http|use-cases|jobs|app)(\/|$)/.test(name)),
    ).toEqual([]);
  });

  test('the product does not need what imitates it on a laptop', () => {
    const product = FILES.filter((file) => file.startsWith('src/'));
    expect(offenders(product, (name) => !/^(packages|contactsheet|@contactsheet)\//.test(name))).toEqual([]);
  });
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
