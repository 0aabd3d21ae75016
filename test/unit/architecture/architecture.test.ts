import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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

describe('documents', () => {
  const DOCUMENTS = [
    ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md'],
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => `docs/${file}`),
    ...readdirSync(join(ROOT, 'packages'))
      .map((name) => `packages/${name}/README.md`)
      .filter((file) => existsSync(join(ROOT, file))),
  ];
  /** Files that git knows or would take, and their folders. */
  const PATHS = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .stdout.split('\n')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)))
    .flatMap((file) => {
      const parts = file.split('/');
      return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    });
  const ENDINGS = new Set(
    PATHS.flatMap((path) => {
      const parts = path.split('/');
      return parts.map((_, i) => parts.slice(i).join('/'));
    }),
  );
  const MODULE = /^[\w./-]+\.(ts|cjs|mjs|yaml)$/;
  const PLACE =
    /^(src|packages|test|unit|replay|contract|http|integration|chaos|docs|components|scripts|tools|samples|deploy)\/[\w./-]*[\w-]$/;

  const namesIn = (document: string) =>
    [...textOf(document).matchAll(/`([^`\n]+)`/g)]
      .map(([, text]) => text ?? '')
      .filter((text) => MODULE.test(text) || PLACE.test(text));
  const linksIn = (document: string) =>
    [...textOf(document).matchAll(/\]\(([^)#\s]+)(#[^)\s]*)?\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^[a-z]+:/.test(target));

  test('every file and folder that a document names is there, in full or by the end of its path', () => {
    const missing = DOCUMENTS.flatMap((document) =>
      namesIn(document)
        .filter((name) => !ENDINGS.has(name) && !ENDINGS.has(`${name}.ts`) && !ENDINGS.has(`${name}.test.ts`))
        .map((name) => `${document}: ${name}`),
    );
    expect(missing).toEqual([]);
    expect(namesIn('ARCHITECTURE.md').length).toBeGreaterThan(60); // it has seen them
  });

  test('every link to a file leads to one', () => {
    const broken = DOCUMENTS.flatMap((document) =>
      linksIn(document)
        .filter((target) => !existsSync(join(ROOT, dirname(document), target)))
        .map((target) => `${document}: ${target}`),
    );
    expect(broken).toEqual([]);
    expect(linksIn('README.md').length).toBeGreaterThan(8);
  });

  test('no document holds the marks of an unfinished merge', () => {
    expect(DOCUMENTS.filter((document) => /^(<{7}|>{7}|={7}$)/m.test(textOf(document)))).toEqual([]);
  });

  test('the threat model names each promise with the tests that attack it, and all of them are there', () => {
    const model = textOf('docs/threat-model.md');
    const promises = JSON.parse(textOf('test/promises.json')) as { promise: string; tests: string[] }[];
    const rows = model.split('\n').filter((line) => /^\| .*`(unit|contract|http|integration|browser)\//.test(line));
    expect(rows).toHaveLength(promises.length);
    for (const { promise, tests } of promises) {
      expect(model).toContain(`| ${promise.replace(/\.$/, '')} | ${tests.map((name) => `\`${name}\``).join(', ')} |`);
      for (const name of tests) {
        expect([
          name,
          existsSync(join(ROOT, `test/${name}.test.ts`)) || existsSync(join(ROOT, `test/${name}`)),
        ]).toEqual([name, true]);
      }
    }
  });

  test('ARCHITECTURE.md is a tour and no reference: at most 250 lines', () => {
    expect(textOf('ARCHITECTURE.md').trimEnd().split('\n').length).toBeLessThanOrEqual(250);
  });
});

describe('paths of the API', () => {
  /** May spell paths out, each with its reason. */
  const MAY = {
    'src/contract/': 'it declares them',
    'test/http/': 'it holds the paths against what clients have written down: what is renamed must fail there',
    'test/unit/contract/': 'it holds what the client and `pathOf` make of the paths',
    'test/cluster/changes.ts': 'it asks Kubernetes, whose API begins in the same way',
    'test/generated-clients/': 'the paths are keys of generated types: the compiler knows them',
  };
  const SPELLED = /\/api\/v1\b|\/runtime\/webhooks\/durabletask|\/api\/AnalysisFunctionStarter/;
  const COMMENTS = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g;
  const ALL = [
    ...FILES,
    ...['test', 'scripts', 'tools'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.([cm]?js|ts)$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file))
        .map((file) => `${folder}/${file}`),
    ),
  ];
  const spellers = ALL.filter((file) => SPELLED.test(textOf(file).replace(COMMENTS, '')));

  test('stand in src/contract alone: everybody else asks its client or `pathOf`', () => {
    expect(spellers.filter((file) => !Object.keys(MAY).some((place) => file.startsWith(place)))).toEqual([]);
  });

  test('every exception is still needed', () => {
    const unneeded = Object.keys(MAY).filter((place) => !spellers.some((file) => file.startsWith(place)));
    expect(unneeded).toEqual([]);
  });
});

test('the client of Microsoft Entra ID is loaded when the first token is wanted: a start with keys does not wait for it', () => {
  const loaded = /^(import|export) (?!type )[^;(]*from '@azure\/identity'/m;
  expect(FILES.filter((file) => /^(src|packages\/[a-z-]+\/src)\//.test(file) && loaded.test(textOf(file)))).toEqual([]);
});

test('a field that may be undefined is left out by `defined`, where the contract can be imported', () => {
  const spread = /\.\.\.\((\w[\w.]*) !== undefined && \{ (?:\w+: )?\1 \}\)/;
  const ternary = /(?<![\w.])(\w[\w.]*) === undefined \? \{\} : \{ (?:\w+: )?\1 \}/;
  const standAlone = /^packages\/(dev-cosmos|dev-vision|pubsub-storage-queues|terminal)\//;
  const byHand = FILES.filter((file) => spread.test(textOf(file)) || ternary.test(textOf(file)));
  expect(byHand.filter((file) => !standAlone.test(file))).toEqual([]);
});

test('only the places that read settings read the environment', () => {
  const mayRead =
    /^(src\/(app|schema-job|azure-check|config)|packages\/(dev-stack|bench)\/src\/.*|packages\/[a-z-]+\/src\/main)\.ts$/;
  const readers = FILES.filter((file) => /\bprocess\s*\.\s*env\b/.test(textOf(file)));
  expect(readers.filter((file) => !mayRead.test(file))).toEqual([]);
});
