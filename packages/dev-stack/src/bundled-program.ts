/**
 * `node bundled-program.js <bundle> <entry> ...words` runs the bundle as if it were `node <entry> ...words`, with what V8
 * compiled of it the last time, and in stack traces the lines of our sources. Without the bundle it runs the entry.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import Module, { createRequire, SourceMap, type SourceMapping } from 'node:module';
import { dirname, resolve } from 'node:path';
import { constants, Script } from 'node:vm';

const [bundle = ''] = process.argv.splice(1, 2).slice(1);
const entry = process.argv[1] ?? '';

function runBundle(code: string): void {
  const cache = `${bundle}.v8`;
  const cachedData = contentOf(cache);
  const script = new Script(Module.wrap(code), {
    filename: bundle,
    ...(cachedData ? { cachedData } : {}),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (!cachedData || script.cachedDataRejected) keepCompiled(script, cache);
  Error.prepareStackTrace = traceOf;
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(entry), module, entry, dirname(entry));
}

/** By then what a start needs has been compiled. */
const STARTED_AFTER_MS = 2_000;

function keepCompiled(script: Script, cache: string): void {
  let isKept = false;
  const keep = () => {
    if (isKept) return;
    isKept = true;
    try {
      writeFileSync(`${cache}.${process.pid}`, script.createCachedData());
      renameSync(`${cache}.${process.pid}`, cache);
    } catch {
      // The next start compiles again.
    }
  };
  setTimeout(keep, STARTED_AFTER_MS).unref();
  process.once('exit', keep);
}

let map: SourceMap | undefined;

function traceOf(error: Error, frames: readonly NodeJS.CallSite[]): string {
  return [headOf(error), ...frames.map((frame) => `    at ${inSources(frame)}`)].join('\n');
}

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

/** The frame as V8 shows it, with the place in the source where the map knows it. */
function inSources(frame: NodeJS.CallSite): string {
  const [shown, line, column] = [`${frame}`, frame.getLineNumber(), frame.getColumnNumber()];
  if (frame.getFileName() !== bundle || line === null || column === null) return shown;
  try {
    map ??= new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')));
    const { originalSource, originalLine } = map.findEntry(line - 1, column - 1) as Partial<SourceMapping>;
    if (!originalSource || originalLine === undefined) return shown;
    return shown.replace(
      `${bundle}:${line}:${column}`,
      `${resolve(dirname(bundle), originalSource)}:${originalLine + 1}`,
    );
  } catch {
    return shown;
  }
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

const source = contentOf(bundle);
if (source === undefined) (Module as unknown as { runMain(): void }).runMain();
else runBundle(source.toString('latin1')); // what esbuild writes is ASCII
