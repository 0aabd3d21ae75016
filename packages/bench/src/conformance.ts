/**
 * `npm run conformance`: what others wrote, against our Cosmos server, our pub/sub component and Azurite. Dapr's own suites
 * for state stores and for pub/sub (Go), azcosmos (Go) and azure-cosmos (Python).
 *
 * It needs `go` and `python3` and fetches modules and packages from their registries, pinned in packages/bench/conformance,
 * so it is no part of `npm test`. Exit code 1 when a case fails, 2 when a tool is missing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { CosmosClient } from '@azure/cosmos';
import { azuriteConnectionString } from '@contactsheet/dev-stack';
import { runAsProgram } from './program';

const CHECKOUT = dirname(dirname(dirname(__dirname)));
const SUITES = join(CHECKOUT, 'packages', 'bench', 'conformance');
const AZURE_COSMOS = 'azure-cosmos==4.17.0';
/** Published with the storage emulator; it opens nothing else. */
const STORAGE_ACCOUNT = 'devstoreaccount1';
const STORAGE_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const START_MS = 60_000;
const STOP_MS = 10_000;

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly outcome: string;
}

async function main(): Promise<number> {
  for (const [tool, argument] of [
    ['go', 'version'],
    ['python3', '--version'],
  ] as const) {
    if (spawnSync(tool, [argument]).status === 0) continue;
    console.error(`npm run conformance needs ${tool}: install it and run again.`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-conformance-'));
  const children: ChildProcess[] = [];
  try {
    return report(await runAll(folder, children));
  } finally {
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(folder: string, children: ChildProcess[]): Promise<Case[]> {
  const key = randomBytes(64).toString('base64');
  const cosmos = spawn(
    process.execPath,
    [join(CHECKOUT, 'packages/dev-cosmos/dist/main.js'), '--port', '0', '--file', join(folder, 'cosmos.sqlite')],
    { env: { ...process.env, COSMOS_KEY: key }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const azurite = spawn(
    process.execPath,
    [
      join(CHECKOUT, 'node_modules', 'azurite', 'dist', 'src', 'azurite.js'),
      ...[
        ...['blob', 'queue', 'table'].flatMap((service) => [`--${service}Host`, '127.0.0.1', `--${service}Port`, '0']),
        '--inMemoryPersistence',
        '--skipApiVersionCheck',
        '--disableTelemetry',
      ],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const socket = join(folder, 'storage-queues.sock');
  const component = spawn(
    process.execPath,
    [join(CHECKOUT, 'packages/pubsub-storage-queues/dist/main.js'), '--socket', socket],
    { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(cosmos, azurite, component);
  const [cosmosUrl, storageUrl, queueUrl] = await Promise.all([
    said(cosmos, /listening on (http:\S+)/),
    said(azurite, /Blob service is successfully listening at (http:\S+)/),
    said(azurite, /Queue service is successfully listening at (http:\S+)/),
    said(component, /listening on (\S+)/),
  ]);
  await createDaprContainer(cosmosUrl, key);
  const env = {
    ...process.env,
    CONFORMANCE_COSMOS_URL: cosmosUrl,
    CONFORMANCE_COSMOS_KEY: key,
    CONFORMANCE_STORAGE_ACCOUNT: STORAGE_ACCOUNT,
    CONFORMANCE_STORAGE_KEY: STORAGE_KEY,
    CONFORMANCE_STORAGE_URL: storageUrl,
    CONFORMANCE_STORAGE_CONNECTION_STRING: azuriteConnectionString({
      blob: portOf(storageUrl),
      queue: portOf(queueUrl),
    }),
    CONFORMANCE_PUBSUB_SOCKET: socket,
  };
  const go = (suite: string, module: string) =>
    collect(suite, ['go', 'test', '-count=1', '-v', '.'], join(SUITES, module), env, GO_CASE);
  const cases = await go('Dapr components-contrib 1.18.0, state', 'dapr');
  cases.push(...(await go('Dapr components-contrib 1.18.3, pubsub', 'pubsub')));
  cases.push(...(await go('azcosmos 1.5.0 (Go)', 'azcosmos')));

  const python = join(folder, 'venv', 'bin', 'python');
  await passes(['python3', '-m', 'venv', join(folder, 'venv')]);
  await passes([python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', AZURE_COSMOS]);
  const script = [python, join(SUITES, 'python', 'azure_cosmos.py')];
  cases.push(...(await collect('azure-cosmos 4.17.0 (Python)', script, folder, env, PYTHON_CASE)));
  return cases;
}

/** Each gives the outcome and the name of a case. Parts of a Dapr test are cases of their own. */
const GO_CASE = /^\s*--- (PASS|FAIL|SKIP): (\S+)/;
const PYTHON_CASE = /^(PASS|FAIL) (\w+)/;

/** Runs a suite and reads its cases out of what it says, shown when it fails: then at least one case has failed. */
async function collect(
  suite: string,
  command: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  pattern: RegExp,
): Promise<Case[]> {
  console.log(`\n${suite}`);
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const cases: Case[] = [];
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [, outcome, name] = pattern.exec(line) ?? [];
    if (outcome !== undefined && name !== undefined) cases.push({ suite, name, outcome });
    if (outcome !== undefined) console.log(line);
    said.push(line);
  }
  const [code] = (await ended) as [number | null];
  const hasFailed = cases.some(({ outcome }) => outcome === 'FAIL');
  if (cases.length === 0 || (code !== 0 && !hasFailed)) cases.push({ suite, name: `exit ${code}`, outcome: 'FAIL' });
  if (code !== 0) console.log(said.join('\n'));
  return cases;
}

/** @throws Error with what the command said when it fails. */
async function passes([program = '', ...args]: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}.`);
}

/** The container that Dapr's documentation asks for: this partition key, and time to live. */
async function createDaprContainer(endpoint: string, key: string): Promise<void> {
  const client = new CosmosClient({ endpoint, key });
  const { database } = await client.databases.createIfNotExists({ id: 'conformance' });
  await database.containers.createIfNotExists({
    id: 'dapr-state',
    partitionKey: { paths: ['/partitionKey'] },
    defaultTtl: -1,
  });
  client.dispose();
}

const portOf = (url: string) => Number(new URL(url).port);

/** What a process has said in the group of the pattern. @throws Error when it ends, or does not say it in time */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let words = '';
    const timer = setTimeout(() => reject(new Error(`It does not listen after ${START_MS} ms: ${words}`)), START_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      words += chunk;
      const found = pattern.exec(words)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`It ended with ${code}: ${words}`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(hard);
}

/** Prints the table of the documentation; gives the exit code. */
function report(cases: readonly Case[]): number {
  console.log('\n| suite | passed | skipped | failed |\n|---|---|---|---|');
  for (const suite of new Set(cases.map((one) => one.suite))) {
    const of = (outcome: string) => cases.filter((one) => one.suite === suite && one.outcome === outcome);
    const failed = of('FAIL').map(({ name }) => name);
    console.log(`| ${suite} | ${of('PASS').length} | ${of('SKIP').length} | ${failed.join(', ') || 'none'} |`);
  }
  return cases.some(({ outcome }) => outcome === 'FAIL') ? 1 : 0;
}

runAsProgram(main);
