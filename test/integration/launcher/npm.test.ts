/**
 * `npm start` under npm: whoever ends npm ends everything. A signal that reaches npm's process alone (`kill -INT`, a
 * service manager) stops app, sidecar and services, and so does an npm that is gone without a word. Who started npm may go.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from '../../../packages/dev-stack/src/pause';
import { isAlive } from '../../../packages/dev-stack/src/process-table';
import { withoutServices } from '../../../packages/dev-stack/src/settings';
import { eventually } from '../framework';

const ROOT = join(__dirname, '..', '..', '..');
const UP = 'Ctrl-C stops everything.';
/** Compiles first where something is stale. */
const UP_MS = 240_000;
/** Ten seconds for the stop, one until a lost npm is noticed, and a busy machine. */
const DOWN_MS = 40_000;

let home: string;
let started: ChildProcess;
let said: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  said = '';
});

afterEach(() => {
  if (started.pid) for (const pid of [started.pid, ...descendants(started.pid)]) end(pid);
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** npm, or a shell that starts it, in a home of its own. */
function run(program: string, words: readonly string[]): ChildProcess {
  const { NODE_ENV, JEST_WORKER_ID, ...env } = withoutServices(process.env);
  // A test may itself run under npm, whose settings and life are not those of the npm that is started here.
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)));
  const child = spawn(program, words, {
    cwd: ROOT,
    env: { ...own, CONTACTSHEET_HOME: home },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      said += piece;
    });
  }
  return child;
}

/** Every process below npm, when all is up. */
async function up(npm: number): Promise<readonly number[]> {
  await eventually(() => said.includes(UP) || !isAlive(npm), { what: 'everything runs', timeoutMs: UP_MS });
  if (!said.includes(UP)) throw new Error(`npm start ended: ${said}`);
  const all = descendants(npm);
  expect(all.length).toBeGreaterThanOrEqual(10); // the launcher, its guardian, and eight parts
  return all;
}

const gone = (pids: readonly number[]) =>
  eventually(() => pids.every((pid) => !isAlive(pid)), { what: 'every process ends', timeoutMs: DOWN_MS });

function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, its = 0]) => (its === parent && child !== parent ? [child, ...below(child)] : []));
  return below(pid);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
}

test.each([
  // npm passes SIGINT on, and ends as the launcher does: an orderly stop is no failure.
  ['SIGINT', { code: 0, signal: null }],
  // It dies of SIGHUP; the launcher notices.
  ['SIGHUP', { code: null, signal: 'SIGHUP' }],
] as const)(
  '%s to the process of npm alone stops everything',
  async (signal, how) => {
    started = run('npm', ['start', '--', '--no-demo']);
    const { pid: npm = 0 } = started;
    const all = await up(npm);
    const ended = once(started, 'exit');
    process.kill(npm, signal);
    const [code, by] = await ended;
    await gone(all);
    expect({ code, signal: by }).toEqual(how);
    expect(said).toMatch(/Stopping \.\.\.[\s\S]*Stopped after [\d.]+ s\./);
    expect(readdirSync(home)).not.toContain('lock');
  },
  UP_MS + 2 * DOWN_MS,
);

test(
  'npm may outlive the shell that started it; when it is killed, everything stops',
  async () => {
    started = run('sh', ['-c', 'npm start -- --no-demo & echo "npm is $!"; read -r _']);
    await eventually(() => /npm is \d+/.test(said), { what: 'npm is started' });
    const npm = Number(/npm is (\d+)/.exec(said)?.[1]);
    let all: readonly number[] = [];
    try {
      all = await up(npm);
      const ended = once(started, 'exit');
      started.stdin?.end();
      await ended;
      await pause(2_500); // longer than the launcher needs to notice that its parent is gone
      expect([said.includes('Stopping'), all.every(isAlive)]).toEqual([false, true]);
      process.kill(npm, 'SIGKILL');
      await gone(all);
      expect(said).toMatch(/Stopping \.\.\.[\s\S]*Stopped after/);
      expect(readdirSync(home)).not.toContain('lock');
    } finally {
      for (const pid of [npm, ...all]) end(pid);
    }
  },
  UP_MS + 2 * DOWN_MS,
);
