import type { Command } from 'commander';
import { defined } from 'contactsheet/contract';
import type { ApiClient, SetWatch } from '../api/client';
import type { Recount } from '../api/documents';
import { EXIT, type ExitCode } from '../exit-codes';
import { finished } from '../operation';
import { durationMs, positiveNumber, type Registrar, type Session } from '../session';
import { plainLines } from '../text/plain';
import { count } from '../text/quantities';
import { containerLines, containersView } from '../views/container';
import { type Approval, addSpendingOptions } from './analysis-options';
import { DEFAULT_LIMIT, MAX_PAGE } from './run-views';

export function registerContainers(program: Command, { action }: Registrar): void {
  const container = program.command('container').description('containers: totals, checks, watching');
  container
    .command('list')
    .alias('ls')
    .description('list all analysed containers, by name')
    .option('--limit <n>', 'at most this many', positiveNumber, DEFAULT_LIMIT)
    .option('--all', 'all of them')
    .action(
      action<{ readonly limit: number; readonly all?: true }>(({ api, out }, _args, { limit, all }) => {
        const most = all ? Number.POSITIVE_INFINITY : limit;
        const query = { maxpagesize: Math.min(most, MAX_PAGE) };
        const pages = api.pages('listContainers', { query }, { what: 'a list of containers' });
        return out.list(pages, containersView, most);
      }),
    );
  container
    .command('show')
    .description('show the totals of a container')
    .argument('<container>')
    .action(
      action(async ({ api, out }, [name = '']) => {
        const { body: totals } = await api.getContainer({ params: { container: name } }, { what: 'containers' });
        await out.value(totals, () => containerLines(totals, out));
      }),
    );
  container
    .command('verify')
    .description('recount a container and name every difference; exit code 1 when there are any')
    .argument('<container>')
    .action(action((session, [name = '']) => recount(session, name, 'verify')));
  container
    .command('repair')
    .description('recount a container and correct what differs')
    .argument('<container>')
    .option('--confirm-shrink', 'remove results without blobs, even if there are many')
    .action(action<RepairOptions>((session, [name = ''], options) => recount(session, name, 'repair', options)));
  registerWatch(container, action);
}

/** Longer than the ten seconds after which the server answers with where to ask. */
const RECOUNT_TIMEOUT_MS = 60_000;

interface RepairOptions {
  readonly confirmShrink?: true;
}

async function recount(
  session: Session,
  container: string,
  verb: 'verify' | 'repair',
  { confirmShrink }: RepairOptions = {},
): Promise<ExitCode> {
  const { api } = session;
  const params = { container };
  const call = { what: `'${verb}' for containers`, timeoutMs: RECOUNT_TIMEOUT_MS };
  const answer =
    verb === 'verify'
      ? await api.verifyContainer({ params }, call)
      : await api.repairContainer({ params, query: { confirmShrink: confirmShrink && 'true' } }, call);
  const report = await finished<Recount>(session, answer, 'the recount');
  await session.out.value(report, () => recountLines(report, session.out.width));
  return verb === 'verify' && !report.clean ? EXIT.unexpected : EXIT.ok;
}

function recountLines({ clean, differences, checkedAt: _, count: all, ...rest }: Recount, width?: number) {
  const total = all ?? differences.length;
  const found = `${count(total)} difference${total === 1 ? '' : 's'}`;
  const verdict = clean && total === 0 ? 'Clean: documents, totals and listing agree.' : `Found ${found}:`;
  return [
    verdict,
    ...(differences.length > 0 ? plainLines(differences, width) : []),
    ...(Object.keys(rest).length > 0 ? plainLines(rest, width) : []),
  ];
}

interface WatchOptions {
  readonly every?: number;
  readonly approve?: Approval;
  readonly maxTransactions?: number;
  readonly off?: true;
}

function registerWatch(container: Command, action: Registrar['action']): void {
  const watch = container
    .command('watch')
    .description('start a run whenever the container changes; without options, show the watch')
    .argument('<container>')
    .option('--every <time>', 'how often to check, at least 60s, such as 15m', durationMs)
    .option('--off', 'stop watching it');
  addSpendingOptions(watch).action(
    action<WatchOptions>(async ({ api, out }, [name = ''], options) => {
      const { status, body } = await askWatch(api, name, options);
      await out.value(body ?? {}, () => (status === 204 ? ['No longer watched.'] : plainLines(body, out.width)));
    }),
  );
}

function askWatch(api: ApiClient, container: string, { every, approve, maxTransactions, off }: WatchOptions) {
  const call = { what: 'watching containers' };
  const params = { container };
  if (off) return api.removeWatch({ params }, call);
  const body = {
    ...(every !== undefined && { every: every / 1000 }),
    ...defined({ approval: approve }),
    ...(maxTransactions !== undefined && { caps: { maxTransactions } }),
  };
  if (Object.keys(body).length === 0) return api.getWatch({ params }, call);
  return api.setWatch({ params, body: body as SetWatch }, call); // without `every` the server says what is missing
}
