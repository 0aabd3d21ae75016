import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commandOf, isAlive, parentOf } from '../../../packages/dev-stack/src/process-table';

test('a process is known by its command line and its parent, until it is gone', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', 'a word'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  await once(child, 'spawn');
  expect(isAlive(pid)).toBe(true);
  expect(commandOf(pid)).toContain('a word');
  expect(parentOf(pid)).toBe(process.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(pid)).toBe(false);
  expect(commandOf(pid)).toBeUndefined();
});
