import { tableLines } from '@contactsheet/terminal';
import type { Command } from 'commander';
import { type AskOf, defined, type Endpoints } from 'contactsheet/contract';
import type { Success } from '../api/client';
import type { RetryForecast } from '../api/documents';
import type { Call } from '../api/transport';
import { EXIT, type ExitCode } from '../exit-codes';
import { Failure } from '../failure';
import { MORE } from '../output';
import { positiveNumber, type Registrar, type Session } from '../session';
import { count } from '../text/quantities';
import { addWaitOptions, announceStart, checkWaiting, type WaitOptions } from './run-start';

/** What a run can be told. Each one answers with the state after it, and may be repeated. */

type Verb = 'pause' | 'resume' | 'cancel' | 'approve' | 'decline';
/** The options of a command are the fields of its body. */
type Said<V extends Verb> = NonNullable<AskOf<Endpoints[`${V}Run`]>['body']>;
type Tell<V extends Verb> = (
  ask: { readonly params: { readonly id: string }; readonly body?: Said<V> },
  call: Call,
) => Promise<Success<'pauseRun'>>;

export function registerRunControl(run: Command, registrar: Registrar): void {
  const { action } = registrar;
  registerReasoned(run, registrar);
  run
    .command('resume')
    .description('resume a run that is paused or stopped at its budget')
    .argument('<run>')
    .option('--reason <text>', 'kept in the audit trail')
    .option('--max-transactions <n>', 'the new limit of a run that stopped at its budget', positiveNumber)
    .action(action<Said<'resume'>>((session, [id = ''], options) => tell(session, id, 'resume', options)));
  run
    .command('approve')
    .description('approve the plan of a run that waits for approval')
    .argument('<run>')
    .option('--plan-hash <hash>', 'the plan that is approved; without it, the one the run shows now')
    .option('--max-transactions <n>', 'spend at most this many', positiveNumber)
    .action(action<ApproveOptions>(approve));
  run
    .command('decline')
    .description('end a run that waits for approval')
    .argument('<run>')
    .requiredOption('--reason <text>', 'kept in the audit trail')
    .action(action<Said<'decline'>>((session, [id = ''], options) => tell(session, id, 'decline', options)));
  const retry = run
    .command('retry')
    .description('retry the failed images of a finished run in a new run')
    .argument('<run>')
    .option('--status <status>', 'only images of this status')
    .option('--reason <reason>', 'only images that failed for this reason')
    .option('--code <code>', 'only images that failed with this code')
    .option('--prefix <text>', 'only blobs whose names start with it')
    .option('--max-transactions <n>', 'spend at most this many; default: the cap of the retried run', positiveNumber)
    .option('--dry-run', 'list what would be retried, and why the rest would not');
  addWaitOptions(retry).action(action<RetryOptions>(retryRun));
}

function registerReasoned(run: Command, { action }: Registrar): void {
  const verbs = [
    ['pause', 'stop before the next image; images already sent are finished and saved'],
    ['cancel', 'end a run; images already sent are finished and saved'],
  ] as const;
  for (const [verb, description] of verbs) {
    run
      .command(verb)
      .description(description)
      .argument('<run>')
      .option('--reason <text>', 'kept in the audit trail')
      .action(action<Said<'pause'>>((session, [id = ''], options) => tell(session, id, verb, options)));
  }
}

async function tell<V extends Verb>({ api, out }: Session, id: string, verb: V, said: Said<V>): Promise<void> {
  const send = api[`${verb}Run`] as unknown as Tell<V>; // each of them takes the body of its own verb
  const body = Object.keys(said).length > 0 && { body: said };
  const { body: run } = await send({ params: { id }, ...body }, { what: `'${verb}' for runs` });
  await out.value(run, () => [run.status]);
}

interface ApproveOptions {
  readonly planHash?: string;
  readonly maxTransactions?: number;
}

async function approve(session: Session, [id = '']: readonly string[], options: ApproveOptions): Promise<void> {
  const { maxTransactions, planHash = await planHashOf(session, id) } = options;
  await tell(session, id, 'approve', { planHash, ...defined({ maxTransactions }) });
}

async function planHashOf({ api }: Session, id: string): Promise<string> {
  const { quote, status } = (await api.getRun({ params: { id } }, { what: 'runs' })).body;
  if (quote?.planHash !== undefined) return quote.planHash;
  throw new Failure(EXIT.conflict, `the run is ${status} and shows no plan to approve`, [
    'cure: Wait until it is AwaitingApproval, or name the plan with --plan-hash.',
  ]);
}

interface RetryOptions extends WaitOptions {
  readonly status?: 'failed' | 'skipped'; // the server says so where it is another
  readonly reason?: string;
  readonly code?: string;
  readonly prefix?: string;
  readonly maxTransactions?: number;
  readonly dryRun?: true;
}

async function retryRun(
  session: Session,
  [id = '']: readonly string[],
  options: RetryOptions,
): Promise<ExitCode | undefined> {
  checkWaiting(options);
  const { wait: _, timeout: __, ...body } = options;
  const { body: answer } = await session.api.retryRun({ params: { id }, body }, { what: 'retries' });
  if ('id' in answer) return announceStart(session, answer, options);
  await session.out.value(answer, () => retryLines(answer, session.out.width));
  return undefined;
}

function retryLines({ willRetry, willNot }: RetryForecast, width: number | undefined): string[] {
  const not = willNot.reduce((sum, group) => sum + group.count, 0);
  const columns = [
    { title: 'NOT', align: 'right' as const },
    { title: 'WHY', shrinks: 'end' as const },
  ];
  const rows = willNot.map((group) => [count(group.count), group.reason]);
  return [
    `${count(willRetry)} will be retried, ${count(not)} not${not > 0 ? ':' : '.'}`,
    ...(rows.length > 0 ? tableLines(columns, rows, width, MORE) : []),
  ];
}
