import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listen } from '../../src/http/listener';
import { aPublicApp } from './listening';

/**
 * Clients that others make of openapi.json: they are generated, compiled, and used to start, list and watch a run.
 * The tools live in a package of their own, as they need a TypeScript that is older than ours.
 */
const HOME = join(__dirname, '../generated-clients');
const DESCRIPTION = join(__dirname, '../../openapi.json');
const packages = createRequire(join(HOME, 'package.json'));
const execute = promisify(execFile);

let made: string;

beforeAll(async () => {
  made = await mkdtemp(join(HOME, '.made-'));
  await Promise.all(
    ['src', 'tsconfig.json'].map((name) => cp(join(HOME, name), join(made, name), { recursive: true })),
  );
  const types = join(made, 'src/generated/openapi-typescript/schema.ts');
  const sdk = join(made, 'src/generated/hey-api');
  await Promise.all([
    program('openapi-typescript', 'bin/cli.js', [DESCRIPTION, '-o', types]),
    program('@hey-api/openapi-ts', 'bin/run.js', ['-i', DESCRIPTION, '-o', sdk, '-c', '@hey-api/client-fetch']),
  ]);
  await program('typescript', 'bin/tsc', ['-p', made]);
}, 240_000);
afterAll(() => rm(made, { recursive: true, force: true }));

/** @throws with what it printed, when it fails */
async function program(name: string, file: string, words: readonly string[]): Promise<void> {
  const script = join(folderOf(name), file);
  await execute(process.execPath, [script, ...words], { cwd: HOME }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${name} failed:\n${error.stdout}\n${error.stderr}`);
    },
  );
}

/** Where npm has put a package: beside the others here, or at the top. */
function folderOf(name: string): string {
  const places = (packages.resolve.paths(name) ?? []).map((place) => join(place, name));
  const folder = places.find((place) => existsSync(join(place, 'package.json')));
  if (folder === undefined) throw new Error(`${name} is not installed: run npm ci.`);
  return folder;
}

test.each(['with-openapi-fetch', 'with-hey-api'])(
  '%s starts, lists and watches a run',
  async (name) => {
    const { app, useCases } = aPublicApp();
    let looks = 0;
    const listener = await listen(
      (request, response) => {
        const run = useCases.runs.get(/^\/api\/v1\/runs\/(\w+)$/.exec(request.url ?? '')?.[1] ?? '');
        if (run !== undefined && ++looks === 3) useCases.runs.set(run.id, { ...run, status: 'Completed' });
        app(request, response);
      },
      { host: '127.0.0.1', port: 0, name: 'public API' },
    );
    try {
      const { stdout } = await execute(process.execPath, [join(made, 'out', `${name}.js`), listener.url, 'photos']);
      const [id] = [...useCases.runs.keys()];
      expect(JSON.parse(stdout)).toEqual({
        id,
        listed: [id],
        seen: ['Running', 'Running', 'Completed'],
        code: 'run-not-found',
      });
    } finally {
      await listener.close(0);
    }
  },
  60_000,
);
