/**
 * Prints the parts list (CycloneDX) of the packages that are installed here, for the image.
 *
 *     node tools/installed-sbom.mjs
 *
 * `npm sbom --omit=dev` of npm 10 leaves out packages of a workspace that are there, and without the lockfile it ends at the
 * development packages that are not. So the whole list is filtered by what lies in node_modules.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const text = execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const list = JSON.parse(text);
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const installed = new Set(
  Object.entries(packages)
    .filter(([path]) => path.includes('node_modules/') && existsSync(`${path}/package.json`))
    .map(([path, { name, version }]) => `${name ?? path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`),
);
const components = list.components.filter(({ name, version }) => installed.has(`${name}@${version}`));
const refs = new Set([list.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
const dependencies = list.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
process.stdout.write(`${JSON.stringify({ ...list, components, dependencies }, null, 2)}\n`);
