/**
 * Adds to package-lock.json the packages of other platforms that it should name and does not.
 *
 *     node tools/complete-lockfile.mjs
 *
 * npm leaves an optional package out of the lockfile when the registry in use does not serve it (a mirror that holds only
 * the binaries of one platform), and then `npm ci` refuses that very lockfile everywhere. Version, system and processor
 * follow from the package that asks for it and from its name; there is no integrity, which nobody without the package
 * can know. A test refuses an entry without: take it out and run `npm install --package-lock-only` against
 * registry.npmjs.org, which writes it whole. Run it after an `npm install` through such a registry.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** The entries that are missing, by path. */
export function missingPackages(packages) {
  const missing = {};
  for (const [path, asking] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(asking.optionalDependencies ?? {})) {
      if (path !== '' && !isFound(packages, path, name)) missing[`node_modules/${name}`] = entryFor(name, range, asking);
    }
  }
  return missing;
}

/** As Node looks for a package: in the folder of the one that asks, then in each one above. */
function isFound(packages, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

function entryFor(name, range, asking) {
  const words = name.split('/').pop().split(/[-.]/);
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const os = words.map((word) => (word === 'linuxmusl' ? 'linux' : word)).filter((word) => SYSTEMS.includes(word));
  const libc = words.some((word) => word.includes('musl')) ? ['musl'] : words.some((word) => word.startsWith('gnu')) ? ['glibc'] : [];
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(asking.dev ? { dev: true } : {}),
    ...(libc.length > 0 && os.includes('linux') ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingPackages(lock.packages);
  const all = Object.entries({ ...lock.packages, ...missing });
  lock.packages = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${Object.keys(missing).length} packages added.`);
}
