import type { Command } from 'commander';
import { defined } from 'contactsheet/contract';
import type { Run } from '../api/documents';
import { EXIT, type ExitCode } from '../exit-codes';
import { Interrupted, usage } from '../failure';
import { exitCodeOf, followRun } from '../follow';
import { durationMs, type Registrar, type Session } from '../session';
import { runLines } from '../views/run';
import {
  type AnalysisOptions,
  addAnalysisOptions,
  addSpendingOptions,
  analysisBody,
  type SpendingOptions,
} from './analysis-options';
import { addSampleOption, askQuote, printQuote, type SampleOptions } from './quote';

interface StartOptions extends AnalysisOptions, SpendingOptions, SampleOptions, WaitOptions {
  readonly dryRun?: true;
  readonly confirmShrink?: true;
}

export interface WaitOptions {
  readonly wait?: true;
  readonly timeout?: number;
}

export function registerRunStart(run: Command, { action }: Registrar): void {
  const start = run
    .command('start')
    .description('analyse the images of a container; prints the id of the run')
    .argument('<container>')
    .option('--dry-run', 'show the cost and start nothing; with --sample, also analyse a sample')
    .option('--confirm-shrink', 'let a listing that lost many known images remove their results');
  addWaitOptions(addSpendingOptions(addSampleOption(addAnalysisOptions(start)))).action(
    action<StartOptions>(async (session, [container = ''], options) => {
      checkWaiting(options);
      if (options.sample !== undefined && !options.dryRun) {
        throw usage('--sample belongs to a --dry-run: a start analyses every image anyway.', [
          'Run the sample first, then start without it: nothing is paid for twice.',
        ]);
      }
      if (options.dryRun) {
        await printQuote(session, await askQuote(session, container, options));
        return EXIT.ok;
      }
      return announceStart(session, await startRun(session, container, options), options);
    }),
  );
}

export function addWaitOptions(command: Command): Command {
  return command
    .option('--wait', 'follow the run to its end')
    .option('--timeout <time>', 'with --wait: stop following after this time, such as 30m', durationMs);
}

/** Before anything is started: who gives a time to a command that does not wait expects it to hold. */
export function checkWaiting({ wait, timeout }: WaitOptions): void {
  if (wait || timeout === undefined) return;
  throw usage('--timeout belongs to --wait: without it the command does not follow the run.', [
    'Add --wait, or follow the run that is started: contactsheet run watch <run> --timeout 30m.',
  ]);
}

async function startRun({ api }: Session, container: string, options: StartOptions): Promise<Run> {
  const { approve, maxTransactions, confirmShrink } = options;
  const body = {
    ...analysisBody(options),
    ...defined({ approval: approve, maxTransactions }),
  };
  const { body: run } = await api.startRun(
    { params: { container }, body, ...(confirmShrink && { query: { confirmShrink: 'true' as const } }) },
    { what: 'runs' },
  );
  return run;
}

/** The id on standard output, so that a script can keep it; or, when told to wait, how it ended. */
export async function announceStart(session: Session, run: Run, { wait, timeout }: WaitOptions): Promise<ExitCode> {
  const { out, context } = session;
  if (!wait) {
    await out.value(run, () => [run.id]);
    out.note(`Started. Follow it with: contactsheet run watch ${run.id}`);
    if (context.interrupted.aborted) throw new Interrupted(`the run is ${run.id}`);
    return EXIT.ok;
  }
  out.note(`Run ${run.id} over ${run.container}`);
  return finish(session, await followRun(session, run.id, { timeoutMs: timeout }));
}

/** Prints a run that has ended; its exit code is the command's. */
export async function finish({ out, context }: Session, run: Run): Promise<ExitCode> {
  // jsonl has printed the final state as the last of its changes.
  if (out.format !== 'jsonl') await out.value(run, () => runLines(run, out, context.now()));
  return exitCodeOf(run);
}
