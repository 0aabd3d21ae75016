/**
 * Makes bundle/main.js when the package is packed: the command line with everything that it imports, the product's contract
 * included, so that nothing else is installed with it. From the sources: nothing has to be compiled before.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, 'bundle');

rmSync(OUT, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: HERE,
  entryPoints: ['src/main.ts'],
  // Its `paths` lead from the names of our packages to their sources.
  tsconfig: '../../tsconfig.json',
  outfile: join(OUT, 'main.js'),
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  metafile: true,
  legalComments: 'none', // LICENSES.txt says it for all, also for those who say it outside of their code
  logLevel: 'warning',
});
writeFileSync(join(OUT, 'LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)));

/** The names and licences of the packages that went in. */
function licencesOf(inputs) {
  const folders = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)]
    .sort()
    .map((folder) => licenceOf(join(HERE, folder)))
    .join('\n\n');
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'license.md']
    .map((file) => join(folder, file))
    .find(existsSync);
  return `${name} ${version}: ${license}\n${text === undefined ? '' : `\n${readFileSync(text, 'utf8').trim()}\n`}`;
}
