import type { ApiClient } from '../../../packages/cli/src/api/client';
import { refusalOf, Unreachable } from '../../../packages/cli/src/api/failures';
import type { Run } from '../../../packages/cli/src/api/documents';
import { followRun } from '../../../packages/cli/src/follow';
import { createOutput } from '../../../packages/cli/src/output';
import { createProgress } from '../../../packages/cli/src/progress';
import type { Session } from '../../../packages/cli/src/session';
import type { RunStatus } from '../../../src/domain/run/run';
import { aRun, runId } from '../../http/fake-use-cases';
import { aContext, type FakeContext } from './screen';

const AWAY = new Unreachable('nothing answers at http://x (ECONNREFUSED)', [], true, undefined);

/** A session whose API answers from a script; the last answer stays. */
function scripted(answers: readonly (RunStatus | Partial<Run> | Error)[], context: FakeContext = aContext()) {
  const left = [...answers];
  let asked = 0;
  const getRun = async (): Promise<{ body: Run }> => {
    asked++;
    const answer = (left.length > 1 ? left.shift() : left[0]) ?? 'Running';
    if (answer instanceof Error) throw answer;
    return { body: { ...aRun(), ...(typeof answer === 'string' ? { status: answer } : answer) } };
  };
  const session: Session = {
    context,
    api: { getRun } as unknown as ApiClient,
    out: createOutput(context, { format: 'text', isQuiet: false, color: 'auto' }),
    progress: () => createProgress(context, false),
  };
  return { session, context, asked: () => asked };
}

test('an outage of less than a minute is waited for, with pauses that grow', async () => {
  const { session, context, asked } = scripted([AWAY, AWAY, AWAY, AWAY, AWAY, 'Completed']);
  const began = context.now();
  expect((await followRun(session, runId(1))).status).toBe('Completed');
  expect(asked()).toBe(6);
  expect(context.now() - began).toBeGreaterThanOrEqual(15_500);
  expect(context.stderr.text()).toMatch(
    /^nothing answers .*; trying again for up to 60 s \.\.\.\nThe API answers again\.\n/,
  );
});

test('a longer one ends the looking, with 7 and where to go on', async () => {
  const { session, context } = scripted(['Running', AWAY]);
  const began = context.now();
  await expect(followRun(session, runId(1))).rejects.toMatchObject({
    exitCode: 7,
    message: expect.stringContaining('for 60 s; the run continues without it'),
    help: [`follow it again with: contactsheet run watch ${runId(1)}`],
  });
  expect(context.now() - began).toBeGreaterThanOrEqual(60_000);
  expect(context.now() - began).toBeLessThan(90_000);
});

test('an outage that comes and goes starts anew each time', async () => {
  const outages = Array.from({ length: 20 }, (): (RunStatus | Error)[] => [AWAY, AWAY, AWAY, 'Running']).flat();
  const { session } = scripted([...outages, 'Completed']);
  expect((await followRun(session, runId(1))).status).toBe('Completed');
});

test('a server that fails is an outage, one that refuses is not', async () => {
  const failing = refusalOf(500, { title: 'x', code: 'internal' }, 'runs');
  expect((await followRun(scripted([failing, 'Completed']).session, runId(1))).status).toBe('Completed');
  const refusing = refusalOf(404, { title: 'x', code: 'run-not-found' }, 'runs');
  await expect(followRun(scripted([refusing]).session, runId(1))).rejects.toBe(refusing);
});

test('where there is no terminal a line comes each ten seconds', async () => {
  const { session, context } = scripted([...Array.from({ length: 20 }, (): RunStatus => 'Running'), 'Completed']);
  await followRun(session, runId(1));
  const lines = context.stderr.text().trimEnd().split('\n');
  expect(lines[0]).toMatch(/^1\/3 33% ok 1/);
  expect(lines.at(-1)).toMatch(/^Completed: /);
  expect(lines.length).toBeGreaterThanOrEqual(4);
  expect(lines.length).toBeLessThanOrEqual(6);
  expect(lines[2]).toContain('stalled for');
});

test('a run that stopped at its budget says which, and how it goes on', async () => {
  const reason = "This month's transactions are used up.";
  const { session, context } = scripted([{ status: 'StoppedAtBudget', reason }, 'Completed']);
  await followRun(session, runId(1));
  expect(context.stderr.text()).toContain(
    `${reason} Resume with: contactsheet run resume ${runId(1)} [--max-transactions N]\n`,
  );
});

test('Ctrl-C and a timeout leave the run alone', async () => {
  const context = aContext();
  const { session } = scripted(['Running'], context);
  await expect(followRun(session, runId(1), { timeoutMs: 90_000 })).rejects.toMatchObject({
    exitCode: 7,
    message: 'the run did not end within 1m30s and is still running',
  });
  context.interrupt();
  await expect(followRun(session, runId(1))).rejects.toMatchObject({
    exitCode: 130,
    message: `still running; cancel with: contactsheet run cancel ${runId(1)}`,
  });
});
