import type { Command } from 'commander';
import { type Page, RUN_STATUSES } from 'contactsheet/contract';
import type { Run } from '../api/documents';
import { usage } from '../failure';
import { followRun } from '../follow';
import { commaList, durationMs, positiveNumber, type Registrar } from '../session';
import { runLines, runsView } from '../views/run';
import { finish } from './run-start';

interface ListOptions {
  readonly container?: string;
  readonly status?: readonly string[];
  readonly since?: number;
  readonly limit: number;
  readonly all?: true;
}

export const DEFAULT_LIMIT = 50;
export const MAX_PAGE = 100;

export function registerRunViews(run: Command, { action }: Registrar): void {
  run
    .command('list')
    .alias('ls')
    .description('list runs, newest first')
    .option('--container <name>', 'of this container')
    .option('--status <states>', 'in these states, separated by commas', commaList)
    .option('--since <time>', 'started within this time, such as 24h', durationMs)
    .option('--limit <n>', 'at most this many', positiveNumber, DEFAULT_LIMIT)
    .option('--all', 'all of them')
    .action(
      action<ListOptions>(async ({ api, out, context }, _args, { container, status, since, limit, all }) => {
        const most = all ? Number.POSITIVE_INFINITY : limit;
        const query = { container, status: status && checkedStates(status), maxpagesize: Math.min(most, MAX_PAGE) };
        const pages = api.pages('listRuns', { query }, { what: 'a list of runs' });
        const recent = since === undefined ? pages : startedAfter(pages, context.now() - since);
        await out.list(recent, runsView(out.colors, context.now()), most);
      }),
    );
  run
    .command('show')
    .description('show one run')
    .argument('<run>')
    .action(
      action(async ({ api, out, context }, [id = '']) => {
        const { body: run } = await api.getRun({ params: { id } }, { what: 'runs' });
        await out.value(run, () => runLines(run, out, context.now()));
      }),
    );
  run
    .command('watch')
    .description('follow a run to its end; Ctrl-C stops following, not the run')
    .argument('<run>')
    .option('--timeout <time>', 'stop following after this time, such as 30m', durationMs)
    .action(
      action<{ readonly timeout?: number }>(async (session, [id = ''], { timeout }) =>
        finish(session, await followRun(session, id, { timeoutMs: timeout })),
      ),
    );
}

/** The names as the API spells them, whatever their case. */
function checkedStates(names: readonly string[]): string[] {
  return names.map((name) => {
    const state = RUN_STATUSES.find((one) => one.toLowerCase() === name.toLowerCase());
    if (state === undefined) throw usage(`Unknown state '${name}'.`, [`States: ${RUN_STATUSES.join(', ')}.`]);
    return state;
  });
}

/** Newest first: the first page with an older one is the last page. */
async function* startedAfter(pages: AsyncIterable<Page<Run>>, afterMs: number): AsyncGenerator<Page<Run>> {
  for await (const { value, nextLink } of pages) {
    const recent = value.filter(({ startedAt }) => Date.parse(startedAt) >= afterMs);
    const isLast = recent.length < value.length;
    yield { value: recent, ...(!isLast && nextLink !== undefined && { nextLink }) };
    if (isLast) return;
  }
}
