import { defined } from '../../domain/defined';
import { everyPage, pageOfShown, type Page, type PageRequest } from '../../domain/page';
import { isFinal, type RunStatus, type RunView } from '../../domain/run/run';
import type { RunUseCases } from '../../use-cases/runs/port';
import type { Handler } from '../bind';
import { listAnswer, listRequest } from './durable-list';
import { NOTHING, withRun } from './durable-run';
import { durableStatus, type HistoryEvent, historyEvents } from './durable-status';

/** Instances of the Durable Functions contract: status, list, purge. */

/** Seconds until asking again is worth it, as the extension says. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

export function getInstance(ask: Pick<RunUseCases, 'getRun' | 'getCourse'>): Handler<'getInstance'> {
  return ({ params: { instanceId }, query, links }) =>
    withRun(ask, instanceId, async (run) => {
      const { showInput, showHistory, showHistoryOutput } = query;
      const options = { showInput, showOutput: showHistoryOutput };
      const events = showHistory ? historyEvents(await ask.getCourse(run.id), options) : undefined;
      return statusAnswer(run, query, links.self(), events);
    });
}

export function purgeInstance(ask: Pick<RunUseCases, 'getRun' | 'purgeRun'>): Handler<'purgeInstance'> {
  return ({ params: { instanceId } }) =>
    withRun(ask, instanceId, async ({ id }) => {
      const isPurged = await ask.purgeRun(id); // only what has ended is history
      return isPurged ? { status: 200, body: { instancesDeleted: 1 } } : NOTHING;
    });
}

export function listInstances(ask: Pick<RunUseCases, 'listRuns'>): Handler<'listInstances'> {
  return async ({ query, header, continuations, isShown }) => {
    const { top, showInput, ...filter } = query;
    // A continuation holds for the statuses it was made with: only they are part of the query.
    const scope = JSON.stringify(['instances', filter.runtimeStatus ?? []]);
    const listRuns: RunUseCases['listRuns'] = (runs, page) =>
      pageOfShown((some) => ask.listRuns(runs, some), isShown, page);
    const page = await listRequest({ header, continuations }, top, scope);
    const { value, ...goesOn } = await listed({ listRuns }, filter, page);
    return listAnswer({ continuations }, scope, {
      ...goesOn,
      value: value.map((run) => durableStatus(run, showInput)),
    });
  };
}

export function purgeInstances(ask: Pick<RunUseCases, 'listRuns' | 'purgeRun'>): Handler<'purgeInstances'> {
  return async ({ query }) => {
    const found: string[] = [];
    for await (const { id, status } of everyPage((page) => listed(ask, query, page))) {
      if (isFinal(status)) found.push(id);
    }
    let instancesDeleted = 0;
    for (const id of found) if (await ask.purgeRun(id)) instancesDeleted += 1;
    return instancesDeleted > 0 ? { status: 200, body: { instancesDeleted } } : NOTHING;
  };
}

export interface StatusOptions {
  readonly showInput: boolean;
  readonly returnInternalServerErrorOnFailure: boolean;
}

/** The status and its code: 202 with where to ask again while it goes on. */
export function statusAnswer(run: RunView, options: StatusOptions, self: string, events?: readonly HistoryEvent[]) {
  const { showInput, returnInternalServerErrorOnFailure } = options;
  const body = { ...durableStatus(run, showInput), ...(events && { historyEvents: events, history: events }) };
  if (!isFinal(run.status)) return { status: 202, headers: { Location: self, ...RETRY_AFTER }, body } as const;
  const isFailure = body.runtimeStatus === 'Failed' && returnInternalServerErrorOnFailure;
  return isFailure ? ({ status: 500, body } as const) : ({ status: 200, body } as const);
}

interface InstanceFilter {
  readonly runtimeStatus?: readonly RunStatus[] | undefined;
  /** Milliseconds since 1970. */
  readonly createdTimeFrom?: number | undefined;
  readonly createdTimeTo?: number | undefined;
  readonly instanceIdPrefix?: string | undefined;
}

async function listed(
  ask: Pick<RunUseCases, 'listRuns'>,
  filter: InstanceFilter,
  request: PageRequest,
): Promise<Page<RunView>> {
  const { runtimeStatus, instanceIdPrefix = '' } = filter;
  const { createdTimeFrom = Number.NEGATIVE_INFINITY, createdTimeTo = Number.POSITIVE_INFINITY } = filter;
  const page = await ask.listRuns(defined({ statuses: runtimeStatus }), request);
  const value = page.value.filter(({ id, startedAt }) => {
    const startedAtMs = Date.parse(startedAt);
    return id.startsWith(instanceIdPrefix) && startedAtMs >= createdTimeFrom && startedAtMs <= createdTimeTo;
  });
  return { ...page, value };
}
