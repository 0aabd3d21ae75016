import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Home, openHome } from '../../../packages/dev-stack/src/home';
import { endLeftovers, recordProcesses, startGuardian } from '../../../packages/dev-stack/src/leftovers';
import { commandOf, isAlive } from '../../../packages/dev-stack/src/process-table';

/** Guarantee: what is ended as a leftover is what was started, and no program that has its number by now. */

let path: string;
let home: Home;
let children: ChildProcess[];
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  home = openHome(path);
  children = [];
});
afterEach(() => {
  home.release();
  for (const child of children) child.kill('SIGKILL');
  rmSync(path, { recursive: true, force: true });
});

async function aChild(word: string): Promise<{ readonly pid: number; readonly ended: Promise<unknown> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', word], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, ended: once(child, 'exit') };
}

/** The record of a start before: one process that is still the same, and two whose number another one has by now. */
async function aRecord() {
  const [ours, others] = [await aChild('ours'), await aChild('of somebody else')];
  const command = commandOf(ours.pid) ?? '';
  recordProcesses(home, [
    { name: 'app', pid: ours.pid, command },
    { name: 'daprd', pid: others.pid, command },
    { name: 'cosmos', pid: others.pid, command: `${commandOf(others.pid)?.split(' ')[0]} *` },
  ]);
  return { ours, others, command };
}

test('at the next start only the process is ended that is still the recorded one', async () => {
  const { ours, others, command } = await aRecord();
  expect(await endLeftovers(home)).toEqual([{ name: 'app', pid: ours.pid, command }]);
  await ours.ended;
  expect(isAlive(others.pid)).toBe(true);
  expect(existsSync(home.at('pids'))).toBe(false);
});

test('so it is when the launcher dies, and its guardian ends them', async () => {
  const { ours, others } = await aRecord();
  startGuardian(home).end();
  await ours.ended;
  expect(isAlive(others.pid)).toBe(true);
});

test('a record that is none ends nothing', async () => {
  const other = await aChild('of somebody else');
  home.write('pids', `${other.pid}\n${other.pid}\tempty\t\nx\ty\tz\n`);
  expect(await endLeftovers(home)).toEqual([]);
  expect(isAlive(other.pid)).toBe(true);
});
