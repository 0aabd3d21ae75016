import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';

/** Guarantee: what is installed is what was locked, nothing of it runs at install, and what is shipped can be listed. */

interface Locked {
  /** Where it is another one than its folder says. */
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Component {
  readonly name: string;
  readonly version: string;
  readonly properties?: readonly { readonly name: string }[];
}

const { packages } = JSON.parse(readFileSync(join(CHECKOUT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);

test('every dependency has its integrity in the lockfile', () => {
  const without = installed.filter(([, { integrity }]) => !/^sha(256|384|512)-/.test(integrity ?? ''));
  expect(without.map(([path]) => path)).toEqual([]);
  expect(installed.length).toBeGreaterThan(500);
});

/** They offer a script and work without it: `--ignore-scripts` is how everything is installed here. */
const WORK_WITHOUT = {
  'node_modules/@parcel/watcher': 'builds what its package for the platform brings',
  'node_modules/@swc/core': 'checks that its package for the platform is there',
  'node_modules/esbuild': 'checks the same, and saves a start of Node',
  'node_modules/protobufjs': 'prints what changed in its versions',
};

test('a dependency with an install script is known by name, and it is not run', () => {
  const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  expect(scripted).toEqual(Object.keys(WORK_WITHOUT));
  const launcher = readFileSync(join(CHECKOUT, 'scripts', 'launch.mjs'), 'utf8');
  expect(launcher).toMatch(/const flags = \[\s*'--ignore-scripts',/);
});

// With `--omit=dev` npm 11.19 leaves out what is shipped and used by a workspace or a tool as well: axios, for one.
test('npm run sbom lists everything by version, and says what is for development alone', () => {
  const text = execFileSync('npm', ['run', '--silent', 'sbom'], {
    cwd: CHECKOUT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const { bomFormat, components } = JSON.parse(text) as {
    readonly bomFormat: string;
    readonly components: Component[];
  };
  expect(bomFormat).toBe('CycloneDX');
  const listed = new Set(components.map(({ name, version }) => `${name}@${version}`));
  const unlisted = installed.filter(([path, { name, version }]) => {
    const folder = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return ![folder, name].some((one) => listed.has(`${one}@${version}`));
  });
  expect(unlisted.map(([path]) => path)).toEqual([]);
  const isTool = (wanted: string) =>
    components.find(({ name }) => name === wanted)?.properties?.some(({ name }) => name.endsWith(':development'));
  expect(['jest', 'supertest', 'playwright-core'].map(isTool)).toEqual([true, true, true]);
  expect(['express', 'axios', '@dapr/dapr'].map((name) => isTool(name) ?? false)).toEqual([false, false, false]);
}, 30_000);
