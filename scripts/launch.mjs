/**
 * The one door to this checkout: what stands in COMMANDS. Plain JavaScript without dependencies, since it is what gets
 * them: it checks Node, installs and compiles what is missing or stale, and hands over.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const at = (...names) => join(ROOT, ...names);
/** npm may be ended without a chance to pass that on: then another process is the parent. */
const PARENT = process.ppid;
const isOrphan = () => process.env.npm_lifecycle_event !== undefined && process.ppid !== PARENT;
const say = (line = '') => process.stdout.write(`${line}\n`);

/** One sentence and its cure, and the exit code. */
class Stop extends Error {
  constructor(sentence, cure, exitCode = 1) {
    super(sentence);
    this.cure = cure;
    this.exitCode = exitCode;
  }
}

const COMMANDS = {
  async start(words) {
    const unknown = words.find((word) => word !== '--no-demo');
    if (unknown)
      throw new Stop(
        `npm start has no option ${unknown}.`,
        'Its only option is --no-demo: `npm start -- --no-demo`.',
        2,
      );
    await prepare();
    return launcher('main').launch({ command: 'start', demo: !words.includes('--no-demo'), isOrphan });
  },

  async services() {
    await prepare();
    return launcher('main').launch({ command: 'services', demo: false, isOrphan });
  },

  /** The app alone, as the sidecar's owner wants it: no build, no wrapper output. */
  async app() {
    if (!existsSync(at('dist', 'app.js'))) throw new Stop('The app is not built.', 'Run `npm run build` first.');
    return run(process.execPath, [at('dist', 'app.js')]);
  },

  async test(words) {
    await prepare();
    return test(words);
  },

  async verify(words) {
    await prepare();
    for (const [name, command] of [
      ['format', [bin('@biomejs/biome', 'bin/biome'), 'format', '.']],
      ['lint', [bin('@biomejs/biome', 'bin/biome'), 'lint', '--error-on-warnings', '.']],
      [
        'the description of the API',
        [bin('@redocly/cli', 'bin/cli.js'), 'lint', 'openapi.json', '--format', 'summary'],
      ],
      ['types', [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.json', '--noEmit']],
    ]) {
      say(`verify: ${name}`);
      const code = await run(process.execPath, command);
      if (code !== 0)
        throw new Stop(`verify: ${name} failed.`, 'Fix what is named above. `npm run format` formats the code.', code);
    }
    say('verify: tests');
    return test(words);
  },

  /** Images a second beside a plain script. */
  bench: (words) => measure('throughput', words),

  /** What a size costs. */
  scale: (words) => measure('scale', words),

  /** What runs over the same container leave behind. */
  repeat: (words) => measure('repetition', words),

  /** How long questions take while a run is on. */
  latency: (words) => measure('latency', words),

  /** How much of what Vision allows is called. */
  fidelity: (words) => measure('fidelity', words),

  /** What others wrote, against our Cosmos server, our pub/sub component and Azurite; it needs `go` and `python3`. */
  async conformance() {
    await prepare();
    return run(process.execPath, [at('packages', 'bench', 'dist', 'conformance.js')]);
  },

  /** A Kubernetes on this machine, with Dapr and the trial of deploy/kubernetes, and what happens to it. Root on Linux. */
  async cluster(words) {
    await prepare();
    return withTerminal((means) => compiled('cluster', 'index').cluster(words, means));
  },

  /** What people outside have met, input by input, on a whole stack. */
  outside: (words) => measure('outside', words),

  /** The hostile tests alone: which promise of docs/threat-model.md held. */
  async attack() {
    await prepare();
    return attack();
  },

  /** Cells of the kill matrix: `--seed S --n N`, or one again: `--seed S --only INDEX`. */
  chaos: (words) =>
    chaos('kill-matrix', words, { '--seed': 'CHAOS_SEED', '--n': 'CHAOS_CELLS', '--only': 'CHAOS_ONLY' }),

  /** Pauses and cancels in a row: `--seed S --rounds N`. */
  soak: (words) => chaos('soak', words, { '--seed': 'SOAK_SEED', '--rounds': 'SOAK_ROUNDS' }),
};

/** A test of the chaos level, longer than `npm test` plays it. */
async function chaos(name, words, options) {
  for (let i = 0; i < words.length; i += 2) {
    const [option, value] = [words[i], words[i + 1]];
    if (!Object.hasOwn(options, option) || !/^\d+$/.test(value ?? ''))
      throw new Stop(
        `Unknown or incomplete option: ${option} ${value ?? ''}.`,
        `Use ${Object.keys(options).join(', ')}, each with a whole number.`,
        2,
      );
    process.env[options[option]] = value;
  }
  await prepare();
  return test(['--selectProjects', 'chaos', '--runInBand', name]);
}

async function measure(script, words) {
  await prepare();
  const { daprd } = await acquireRuntime();
  const env = { ...process.env, DAPR_RUNTIME_PATH: dirname(daprd) };
  return run(process.execPath, [at('packages', 'bench', 'dist', `${script}.js`), ...words], { env });
}

async function main([command = '', ...words]) {
  checkMachine();
  if (!Object.hasOwn(COMMANDS, command)) {
    throw new Stop(`Unknown command "${command}".`, `Commands: ${Object.keys(COMMANDS).join(', ')}.`, 2);
  }
  return COMMANDS[command](words);
}

function checkMachine() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Stop(
      `Node ${process.versions.node} is too old: Contactsheet needs 20.19 or newer.`,
      'Install a current one from https://nodejs.org.',
    );
  }
  if (process.platform === 'win32') {
    throw new Stop('The local set-up runs on Linux and macOS only.', 'Use it inside WSL 2.');
  }
}

async function prepare() {
  await installDependencies();
  await compile();
}

/** The lockfile and the platform decide what node_modules must hold; a stamp says what it holds. */
async function installDependencies() {
  const stamp = at('node_modules', '.contactsheet-lock');
  const wanted = `${createHash('sha256')
    .update(readFileSync(at('package-lock.json')))
    .digest('hex')} ${process.platform}-${process.arch}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (isInstalledByHand()) return void writeFileSync(stamp, wanted);
  say(
    `${existsSync(at('node_modules')) ? 'Dependencies are stale' : 'Installing dependencies'}: npm ci, about a minute ...`,
  );
  // No package runs a program of its own at install: none needs to (test/unit/launcher/supply-chain.test.ts).
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ];
  let npm = await withTicker('npm ci', () => runNpm(['ci', ...flags]));
  if (npm.code !== 0 && /EUSAGE[\s\S]*from lock file/.test(npm.said)) {
    // A lockfile that was written behind a registry without them lacks packages of other platforms, and npm ci refuses it.
    say(
      'npm ci refuses the lockfile (`node tools/complete-lockfile.mjs` completes it): npm install with the same versions ...',
    );
    npm = await withTicker('npm install', () => runNpm(['install', '--no-save', ...flags]));
  }
  if (npm.code !== 0) {
    say(npm.said.trim());
    throw new Stop(
      'The dependencies could not be installed.',
      'Read the output of npm above. Check the network and the disk.',
      1,
    );
  }
  writeFileSync(stamp, wanted);
}

/** True when what npm recorded in node_modules is what the lockfile wants: somebody ran npm by hand. */
function isInstalledByHand() {
  const installed = at('node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const has = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const wants = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  // Optional packages are those of other platforms too: an absent one says nothing.
  const isThere = ([path, { version, optional, devOptional }]) =>
    path === '' || has[path]?.version === version || (!has[path] && (optional || devOptional));
  return Object.entries(wants).every(isThere) && Object.keys(has).every((path) => wants[path]);
}

/**
 * Compiles when a source or the settings of the compiler are newer than the last compilation.
 *
 * All of it: TypeScript 7.0.2 leaves a declaration as it was when a type that it spells out comes from a changed file two
 * imports away. A checkout that took in a new error code did not compile any more.
 */
async function compile() {
  const stamp = at('dist', '.compiled');
  const wanted = sourceState();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Compiling ...');
  const code = await run(process.execPath, [bin('typescript', 'bin/tsc'), '-b', '--force', 'tsconfig.build.json']);
  if (code === 130) throw stopped();
  if (code !== 0) throw new Stop('The sources do not compile.', 'Fix the errors above.', 1);
  removeOrphans();
  writeFileSync(stamp, wanted);
}

/** A hash over the names and contents of everything that is compiled: times of files lie after a checkout. */
export function sourceState(root = ROOT) {
  const hash = createHash('sha256');
  const files = [
    'tsconfig.base.json',
    'tsconfig.build.json',
    'package-lock.json',
    ...programs(root).flatMap(({ source }) => filesIn(source).map((file) => relative(root, file))),
  ];
  for (const file of files.sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Removes compiled files whose source is gone, so that nothing runs that no longer exists. */
function removeOrphans() {
  for (const { source, compiled } of programs(ROOT)) {
    for (const file of filesIn(compiled)) {
      const made = /(\.js|\.js\.map|\.d\.ts)$/;
      if (made.test(file) && !existsSync(join(source, relative(compiled, file)).replace(made, '.ts'))) rmSync(file);
    }
  }
}

/** What is compiled: the product, and each package. */
function programs(root) {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return [root, ...packages].map((folder) => ({
    folder,
    source: join(folder, 'src'),
    compiled: join(folder, 'dist'),
  }));
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

const BROWSER = 'browser';
const API_SERVER = 'api-server';

/** They measure how much of a rate is used: stacks beside them would be measured too. */
const RATES = 'integration/(quota/quota|replicas/rate-of-three)\\.test';

/**
 * Levels that are quick; those that start whole stacks and wait much of their time, so that two cores have enough for
 * twice as many; and last what measures, with nothing beside it but a browser, which mostly waits too.
 */
const LEVELS = [
  ['--selectProjects', 'unit', 'replay', 'contract', 'http', API_SERVER, '--maxWorkers', '3'],
  ['--selectProjects', 'integration', 'chaos', '--maxWorkers', '4', '--testPathIgnorePatterns', RATES],
  ['--selectProjects', 'integration', BROWSER, '--maxWorkers', '2', '--testPathPatterns', `${RATES}|test/${BROWSER}/`],
];

/** What a shell adds to the number of the signal that ended a program. */
const SIGNALLED = 128;

/** Runs jest, its words passed through, and ends with its exit code and one line that counts. */
async function test(words) {
  const runtime = await acquireRuntime();
  // Words that leave it out need none: those that name other projects, or files of another level.
  const needsBrowser = words.length === 0 || words.some((word) => word === BROWSER || word.startsWith('test/browser'));
  const chromium = needsBrowser ? await launcher('chromium').acquireChromium({ env: process.env, say }) : undefined;
  if (chromium !== undefined) process.env.CHROMIUM_PATH = chromium;
  const unplayed = words.length === 0 ? unplayable(chromium) : {};
  const total = { passed: 0, failed: 0, skipped: 0 };
  let exitCode = 0;
  for (const level of words.length > 0 ? [words] : LEVELS) {
    const played = level.filter((word) => !Object.hasOwn(unplayed, word));
    const { code, passed, failed, skipped } = await jest(played, dirname(runtime.daprd));
    if (code > SIGNALLED) throw stopped();
    exitCode ||= code;
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  const { passed, failed, skipped } = total;
  say(`tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  for (const why of Object.values(unplayed)) say(`NOT RUN: ${why}`);
  return exitCode;
}

/** Levels that this machine lacks something for, each with what it lacks and the cure. */
function unplayable(chromium) {
  const { findApiServer, API_SERVER_CURE } = compiled('cluster', 'index');
  return {
    ...(chromium === undefined && {
      [BROWSER]: `the browser tests, for want of a browser. ${launcher('chromium').CHROMIUM_CURE}`,
    }),
    ...(findApiServer(process.env) === undefined && {
      [API_SERVER]: `the manifests against an API server of Kubernetes, which is not here. ${API_SERVER_CURE}`,
    }),
  };
}

/** Plays the tests of every promise once, and prints what became of each. */
async function attack() {
  const promises = JSON.parse(readFileSync(at('test', 'promises.json'), 'utf8'));
  const paths = [...new Set(promises.flatMap(({ tests }) => tests))].map((name) => `test/${name}`);
  const runtime = await acquireRuntime();
  const chromium = await launcher('chromium').acquireChromium({ env: process.env, say });
  if (chromium !== undefined) process.env.CHROMIUM_PATH = chromium;
  const played = chromium === undefined ? paths.filter((path) => !path.startsWith(`test/${BROWSER}/`)) : paths;
  const { code, files } = await jest(['--', ...played], dirname(runtime.daprd));
  /** Of the files of one name: a file, or those of a folder. */
  const passed = (name) => {
    const of = files.filter(({ file }) => file === `test/${name}.test.ts` || file.startsWith(`test/${name}/`));
    return of.length > 0 && of.every((one) => one.passed);
  };
  say();
  let isBroken = false;
  for (const { zone, promise, tests } of promises) {
    const failed = tests.filter((name) => !passed(name));
    const isUnplayed = chromium === undefined && failed.every((name) => name.startsWith(`${BROWSER}/`));
    const verdict = failed.length === 0 ? 'held   ' : isUnplayed ? 'NOT RUN' : 'BROKEN ';
    isBroken ||= verdict === 'BROKEN ';
    say(`${verdict}  ${zone}: ${promise}${failed.length > 0 ? ` (${failed.join(', ')})` : ''}`);
  }
  return code || (isBroken ? 1 : 0);
}

/** Its workers inherit this: each file loads its modules anew, and with Node's default most of that is collected twice. */
const SEMI_SPACE = '--max-semi-space-size=32';

async function jest(words, runtimePath) {
  const results = at('node_modules', '.cache', `test-results-${process.pid}.json`);
  mkdirSync(dirname(results), { recursive: true });
  const code = await run(
    process.execPath,
    [SEMI_SPACE, bin('jest', 'bin/jest.js'), '--json', `--outputFile=${results}`, ...words],
    {
      env: { ...process.env, DAPR_RUNTIME_PATH: runtimePath },
    },
  );
  if (!existsSync(results)) return { code: code || 1, passed: 0, failed: 1, skipped: 0, files: [] };
  const counted = JSON.parse(readFileSync(results, 'utf8'));
  rmSync(results, { force: true });
  return {
    code,
    passed: counted.numPassedTests,
    // A file that does not even load counts as a failure: its tests are not among the counted ones.
    failed: counted.numFailedTests + counted.numRuntimeErrorTestSuites,
    skipped: counted.numPendingTests + counted.numTodoTests,
    files: counted.testResults.map(({ name, status }) => ({ file: relative(ROOT, name), passed: status === 'passed' })),
  };
}

function acquireRuntime() {
  return withTerminal((means) => launcher('runtime/acquire').acquireRuntime(means));
}

/** Work that says how far it is, and ends when it is told to. */
async function withTerminal(work) {
  const stopping = new AbortController();
  const stop = () => stopping.abort(stopped('Unfinished work is removed. You can start again at any time.'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const terminal = compiled('terminal', 'index').createTerminal();
  try {
    const { say, live } = terminal;
    return await work({ env: process.env, signal: stopping.signal, say, live });
  } finally {
    terminal.settle();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function launcher(module) {
  return compiled('dev-stack', module);
}

function compiled(name, module) {
  return require(at('packages', name, 'dist', `${module}.js`));
}

function bin(name, file) {
  return at('node_modules', ...name.split('/'), ...file.split('/'));
}

/** Runs a program in the foreground. Signals reach it through the terminal, or from here. */
function run(program, words, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: ROOT, stdio: 'inherit', ...options });
    const passed = passStops(child);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      passed.end();
      resolve(code ?? SIGNALLED + constants.signals[signal]);
    });
  });
}

/** Tells a child to stop when this process is told to, or has lost its parent. */
function passStops(child) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const passed = { any: false, end };
  function pass(signal) {
    passed.any = true;
    child.kill(signal);
  }
  const watch = setInterval(() => isOrphan() && pass('SIGTERM'), 1_000).unref();
  function end() {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, pass);
  }
  for (const signal of signals) process.on(signal, pass);
  return passed;
}

function stopped(cure = 'You can start again at any time.') {
  return new Stop('Stopped.', cure, 130);
}

/** Runs npm and returns its exit code and what it said: nothing of it is of interest when all is well. */
function runNpm(words) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const passed = passStops(child);
    let said = '';
    const hear = (text) => {
      said = (said + text).slice(-20_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', (code) => {
      passed.end();
      if (passed.any) reject(stopped());
      else resolve({ code, said });
    });
  });
}

async function withTicker(what, work) {
  const began = Date.now();
  const ticker = setInterval(() => say(`  ${what}: ${Math.round((Date.now() - began) / 1000)} s`), 10_000);
  try {
    return await work();
  } finally {
    clearInterval(ticker);
  }
}

function complain(error) {
  say();
  if (error && typeof error.cure === 'string') {
    say(error.sentence ?? error.message);
    say(error.cure);
    return error.exitCode ?? 1;
  }
  if (error?.code === 'ENOSPC') {
    say('The disk is full.');
    say('Free some space and start again.');
    return 1;
  }
  say(error?.stack ?? String(error));
  return 1;
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      process.exitCode = complain(error);
    },
  );
}
