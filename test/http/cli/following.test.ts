import type { RunStatus } from '../../../src/domain/run/run';
import { aRun, runId } from '../fake-use-cases';
import { aServer, compile, json, jsonLines } from './running';

type Server = Awaited<ReturnType<typeof aServer>>;

let server: Server;
beforeAll(compile);
beforeEach(async () => {
  server = await aServer();
});
afterEach(() => server.stop());

const ALL = { total: 3, totalIsFinal: true, succeeded: 3, failed: 0, skipped: 0, unchanged: 0, inFlight: 0 };
const TIMES = { endedAt: '2026-01-02T03:05:15.678Z' };

function end(status: RunStatus): void {
  server.useCases.runs.set(runId(1), aRun({ status, counts: ALL, ...TIMES }));
}

describe('--wait', () => {
  test.each([
    ['Completed', 0],
    ['CompletedWithErrors', 4],
    ['Failed', 3],
    ['Cancelled', 3],
  ] as const)('%s ends with %i', async (status, code) => {
    const cli = server.start('run', 'start', 'photos', '--wait');
    await cli.printed('1/3 33% ok 1 fail 0');
    end(status);
    const outcome = await cli.ended;
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toContain(`Run ${runId(1)} over photos: ${status}\n`);
    expect(outcome.stderr).toMatch(
      new RegExp(`^Run ${runId(1)} over photos\\n1/3 33% .*\\n${status}: 3/3 100% ok 3 fail 0 ~0\\.0040 EUR\\n$`),
    );
  });

  test('-o json prints the final run as the API has it, and quiet means quiet', async () => {
    const cli = server.start('run', 'start', 'photos', '--wait', '-q', '-o', 'json');
    for (const until = Date.now() + 5_000; server.useCases.runs.size === 0 && Date.now() < until; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    end('Completed');
    const { code, stdout, stderr } = await cli.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json(stdout)).toMatchObject({ id: runId(1), status: 'Completed', counts: ALL });
  });
});

describe('run watch', () => {
  test('-o jsonl prints each state that differs', async () => {
    server.useCases.runs.set(runId(1), aRun({ status: 'Queued' }));
    const cli = server.start('run', 'watch', runId(1), '-o', 'jsonl');
    await cli.printed('"Queued"');
    server.useCases.runs.set(runId(1), aRun());
    await cli.printed('"Running"');
    end('Completed');
    const states = jsonLines((await cli.ended).stdout).map((run) => (run as { status: string }).status);
    expect(states).toEqual(['Queued', 'Running', 'Completed']);
  });

  test('tells once what a person has to do', async () => {
    server.useCases.runs.set(runId(1), aRun({ status: 'AwaitingApproval' }));
    const cli = server.start('run', 'watch', runId(1));
    await cli.printed(`contactsheet run approve ${runId(1)}`);
    server.useCases.runs.set(runId(1), aRun({ status: 'StoppedAtBudget' }));
    await cli.printed(`contactsheet run resume ${runId(1)} [--max-transactions N]`);
    end('Completed');
    const { code, stderr } = await cli.ended;
    expect(code).toBe(0);
    expect(stderr.match(/run approve/g)).toHaveLength(1);
  });

  test('survives that the API is away for a while, and says so', async () => {
    server.useCases.runs.set(runId(1), aRun());
    const cli = server.start('run', 'watch', runId(1));
    await cli.printed('1/3 33%');
    await server.stop();
    await cli.printed('trying again for up to 60 s');
    end('Completed');
    await server.restart();
    const { code, stderr } = await cli.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('The API answers again.\n');
  });

  test('a timeout ends the looking only', async () => {
    server.useCases.runs.set(runId(1), aRun());
    expect(await server.cli('run', 'watch', runId(1), '--timeout', '300ms')).toMatchObject({
      code: 7,
      stdout: '',
      stderr: expect.stringContaining(`is still running\nfollow it again with: contactsheet run watch ${runId(1)}`),
    });
    expect(server.useCases.runs.get(runId(1))?.status).toBe('Running');
  });

  test('a run nobody knows is not waited for', async () => {
    expect(await server.cli('run', 'watch', runId(9))).toMatchObject({ code: 5, stdout: '' });
  });
});

describe('Ctrl-C', () => {
  test('lets go of the run and says how to end it', async () => {
    const cli = server.start('run', 'start', 'photos', '--wait');
    await cli.printed('1/3 33%');
    cli.child.kill('SIGINT');
    const { code, stdout, stderr } = await cli.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain(`\nstill running; cancel with: contactsheet run cancel ${runId(1)}\n`);
    expect(server.useCases.runs.get(runId(1))?.status).toBe('Running');
  });

  test('lets go while the API is away, too', async () => {
    server.useCases.runs.set(runId(1), aRun());
    const cli = server.start('run', 'watch', runId(1));
    await cli.printed('1/3 33%');
    await server.stop();
    await cli.printed('trying again');
    cli.child.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('still running') });
  });

  test('waits for the answer to a start, so that the run is not lost', async () => {
    let answer = (): void => undefined;
    const { startRun } = server.useCases;
    const asked = new Promise<void>((resolve) => {
      server.useCases.startRun = async (command) => {
        resolve();
        await new Promise<void>((go) => {
          answer = go;
        });
        return startRun(command);
      };
    });
    const cli = server.start('run', 'start', 'photos', '--wait');
    await asked;
    cli.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    answer();
    expect(await cli.ended).toMatchObject({
      code: 130,
      stderr: expect.stringContaining(`cancel with: contactsheet run cancel ${runId(1)}`),
    });
  });

  test('the second one ends at once', async () => {
    const asked = new Promise<void>((resolve) => {
      server.useCases.startRun = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const cli = server.start('run', 'start', 'photos');
    await asked;
    // Two signals that come before the first is handled are one to a process, so a busy machine needs a third.
    for (const until = Date.now() + 10_000; cli.child.exitCode === null && Date.now() < until; ) {
      cli.child.kill('SIGINT');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await cli.ended).toMatchObject({ code: 130 });
  });
});
