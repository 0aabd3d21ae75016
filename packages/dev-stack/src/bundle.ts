/**
 * A compiled program as one file, so that it starts in half the time: the app alone is 1,900 modules.
 *
 * I1 A bundle is named for the contents of all that was compiled, the lockfile, Node and V8: another one is never taken.
 * I2 Whatever keeps a bundle from being made or read, the program is started from its own files.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import type { Plugin } from 'esbuild';
import { CHECKOUT, compiled } from './checkout';

const FOLDER = join(CHECKOUT, 'node_modules', '.cache', 'contactsheet-programs');
const STARTER = compiled('dev-stack', 'bundled-program.js');
/** Of each program: of this checkout as it is, and as it was a moment ago. */
const KEPT = 3;
const HASH_LETTERS = 16;
const HASH_AND_ENDING = HASH_LETTERS + '.js'.length;

/** What Node is given to run a program: the words before its own. `mends` are loaded before it. */
export async function wordsToStart(entry: string, mends: readonly string[] = []): Promise<readonly string[]> {
  try {
    const bundle = join(FOLDER, `${nameOf(entry)}-${keyOf(entry, mends)}.js`);
    if (!existsSync(bundle)) await make(bundle, entry, mends);
    return [STARTER, bundle, entry];
  } catch {
    return plainly(entry, mends); // I2: it then says itself what is wrong
  }
}

/** The same words without a bundle. */
export function plainly(entry: string, mends: readonly string[]): readonly string[] {
  return [...mends.flatMap((mend) => ['--require', mend]), entry];
}

/** `packages/cli/dist/main.js` is `packages-cli-main`. */
function nameOf(entry: string): string {
  return relative(CHECKOUT, entry)
    .replace(/\bdist\/|\.js$|node_modules\//g, '')
    .replaceAll('/', '-');
}

const keys = new Map<string, string>();

/** I1. Once a process: it takes some hundredths of a second. */
function keyOf(entry: string, mends: readonly string[]): string {
  const key = keys.get(entry) ?? computeKey(entry, mends);
  keys.set(entry, key);
  return key;
}

/** A program of others changes with the lockfile and its mends alone, which import nothing of ours. */
function computeKey(entry: string, mends: readonly string[]): string {
  const hash = createHash('sha256').update(`${process.version} ${process.versions.v8} ${process.arch}`);
  const isOfOthers = entry.startsWith(join(CHECKOUT, 'node_modules'));
  for (const file of [join(CHECKOUT, 'package-lock.json'), ...(isOfOthers ? mends : compiledScripts())]) {
    hash
      .update(`${relative(CHECKOUT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, HASH_LETTERS);
}

function compiledScripts(): string[] {
  const packages = readdirSync(join(CHECKOUT, 'packages')).map((name) => join(CHECKOUT, 'packages', name, 'dist'));
  return [join(CHECKOUT, 'dist'), ...packages].filter(existsSync).flatMap(scriptsIn).sort();
}

function scriptsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name));
}

async function make(bundle: string, entry: string, mends: readonly string[]): Promise<void> {
  // Loaded here alone: most starts find what they need.
  const { build } = await import('esbuild');
  mkdirSync(FOLDER, { recursive: true });
  const unfinished = `${bundle}.${process.pid}`;
  await build({
    stdin: {
      contents: [...mends, entry].map((file) => `require(${JSON.stringify(file)});`).join('\n'),
      resolveDir: CHECKOUT,
    },
    outfile: unfinished,
    bundle: true,
    platform: 'node',
    target: `node${process.versions.node}`,
    format: 'cjs',
    sourcemap: 'external',
    sourcesContent: false,
    // Native; asked for only by who has it installed; reads files that lie beside it.
    external: ['sharp', 'pg-hstore', '@grpc/reflection'],
    plugins: [asMain(entry)],
    logLevel: 'silent',
  });
  const map = ownPartOf(readFileSync(`${unfinished}.map`, 'utf8'));
  rmSync(`${unfinished}.map`);
  if (computeKey(entry, mends) !== keyOf(entry, mends)) {
    rmSync(unfinished);
    throw new Error('Compiled anew meanwhile.'); // I1
  }
  // Others may make the same at the same time: whoever is last leaves the same.
  writeFileSync(`${bundle}.map`, map);
  renameSync(unfinished, bundle);
  forgetOlderThan(bundle);
}

/** In a bundle nothing is the main module; the entry is. */
const asMain = (entry: string): Plugin => ({
  name: 'as-main',
  setup: ({ onLoad }) =>
    onLoad({ filter: new RegExp(`[/\\\\]${basename(entry)}$`) }, ({ path }) =>
      path === entry
        ? { contents: readFileSync(path, 'utf8').replace('require.main === module', 'true'), resolveDir: dirname(path) }
        : undefined,
    ),
});

/**
 * Of the map what leads to lines of our sources. A map of all would take half a second to read, and that in the middle of
 * the work: Node formats the traces of some errors as it makes them.
 */
function ownPartOf(text: string): string {
  const map = JSON.parse(text) as { sources: string[]; mappings: string };
  const isOwn = map.sources.map((source) => !resolve(FOLDER, source).includes('/node_modules/'));
  let last = '';
  const starts = ([, source, line]: SourceMapSegment): boolean => {
    const place = source !== undefined && isOwn[source] ? `${source} ${line}` : '';
    const isNew = place !== last;
    last = place;
    return isNew;
  };
  const lines = decode(map.mappings).map((segments) => segments.filter(starts).map(placeOf(isOwn)));
  const sources = map.sources.map((source, n) => (isOwn[n] ? source : ''));
  return JSON.stringify({ ...map, sources, names: [], mappings: encode(lines) });
}

/** Without its name; one that leads to others says only where what came before it ends. */
const placeOf =
  (isOwn: readonly boolean[]) =>
  ([column, source, line = 0, from = 0]: SourceMapSegment): SourceMapSegment =>
    source !== undefined && isOwn[source] ? [column, source, line, from] : [column];

/** Each compilation makes another; a part that starts again without its bundle does without (I2). */
function forgetOlderThan(bundle: string): void {
  const program = basename(bundle).slice(0, -HASH_AND_ENDING);
  const bundles = readdirSync(FOLDER).filter(
    (name) => name.startsWith(program) && name.length === basename(bundle).length,
  );
  const madeAt = (name: string) => statSync(join(FOLDER, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const name of bundles.sort((one, other) => madeAt(other) - madeAt(one)).slice(KEPT)) {
    for (const ending of ['', '.map', '.v8']) rmSync(join(FOLDER, `${name}${ending}`), { force: true });
  }
}
