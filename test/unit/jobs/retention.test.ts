import pino from 'pino';
import { AppError } from '../../../src/domain/errors';
import { endRun, newRun } from '../../../src/domain/run/run-state';
import { viewOf } from '../../../src/domain/run/run-view';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { Retention } from '../../../src/jobs/retention';
import { createExpireRuns } from '../../../src/use-cases/runs/expire-runs';

const DAY_MS = 86_400_000;
const at = (day: number) => new Date(day * DAY_MS).toISOString();

function createSite(purge: (id: string) => Promise<boolean>) {
  const runs = createMemoryRuns();
  const write = (id: string, day: number, ended: boolean) => {
    const run = newRun({ id, container: 'photos', prefix: '', features: [], confirmShrink: false, startedAt: at(day) });
    return runs.write(viewOf(ended ? endRun(run, undefined, at(day)) : run, []));
  };
  const warned: string[] = [];
  const sink = { write: (line: string) => void warned.push(JSON.parse(line).runId) };
  const operations = { expire: async (beforeMs: number) => beforeMs / DAY_MS };
  const log = pino({ level: 'warn' }, sink);
  const expireRuns = createExpireRuns({ runs, purgeRun: purge, log });
  const deps = { expireRuns, operations, nowMs: () => 100 * DAY_MS, log };
  return { write, warned, retention: new Retention(deps, 90) };
}

test('forgets what ended too long ago, and nothing else', async () => {
  const purged: string[] = [];
  const { write, retention } = createSite(async (id) => {
    purged.push(id);
    return true;
  });
  for (let day = 0; day < 250; day++) await write(`run-${day}`, day, true);
  await write('still-running', 1, false);
  expect(await retention.expire()).toEqual({ runs: 10, operations: 10 }); // what is older than day 10
  expect(purged.sort()).toEqual(Array.from({ length: 10 }, (_, day) => `run-${day}`));
});

test('a run that cannot be forgotten keeps no other, and one that another replica has forgotten is no news', async () => {
  const { write, warned, retention } = createSite(async (id) => {
    if (id === 'run-7') throw new AppError('workflow-unavailable', 'not done yet', { retryable: true });
    if (id === 'run-6') throw new AppError('run-not-found', 'no such run');
    return true;
  });
  for (let day = 0; day < 10; day++) await write(`run-${day}`, day, true);
  expect(await retention.expire()).toMatchObject({ runs: 8 });
  expect(warned).toEqual(['run-7']);
});
