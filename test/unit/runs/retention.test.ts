import pino from 'pino';
import { endRun, newRun, viewOf } from '../../../src/domain/run-state';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { Retention } from '../../../src/runs/retention';

const DAY_MS = 86_400_000;
const at = (day: number) => new Date(day * DAY_MS).toISOString();

test('forgets what ended too long ago, and nothing else', async () => {
  const runs = createMemoryRuns();
  const write = (id: string, day: number, ended: boolean) => {
    const run = newRun({ id, container: 'photos', prefix: '', features: [], confirmShrink: false, startedAt: at(day) });
    return runs.write(viewOf(ended ? endRun(run, undefined, at(day)) : run, []));
  };
  for (let day = 0; day < 250; day++) await write(`run-${day}`, day, true);
  await write('still-running', 1, false);
  const purged: string[] = [];
  const records = {
    purge: async (id: string) => {
      purged.push(id);
      return true;
    },
  };
  const deps = { runs, records, nowMs: () => 100 * DAY_MS, log: pino({ level: 'silent' }) };
  expect(await new Retention(deps, 90).expire()).toBe(10);
  expect(purged.sort()).toEqual(Array.from({ length: 10 }, (_, day) => `run-${day}`));
});
