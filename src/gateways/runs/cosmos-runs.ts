import type { Container, CosmosClient } from '@azure/cosmos';
import { isFinal, type RunView } from '../../domain/run/run';
import { STORED_VIEW } from '../../domain/run/stored-records';
import { COSMOS } from '../../names';
import { cosmosError, isConflict, isNotFound, readItem } from '../cosmos/failure';
import { queryPage } from '../cosmos/page';
import { RUNS_PARTITION } from '../cosmos/schema';
import type { Page, PageRequest } from '../../domain/page';
import type { RunFilter, RunsGateway } from './port';

/** What is stored: the view, its partition, and what the store adds. */
type RunDocument = RunView & { readonly kind: string; readonly _etag?: string };

/** Each lost race means that another write of the same run went through: more than a few in a row is not contention. */
const MAX_RACES = 10;

export function createCosmosRuns(client: CosmosClient): RunsGateway {
  const container = client.database(COSMOS.database).container(COSMOS.runs.id);
  return {
    async write(run: RunView): Promise<void> {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const stored = await read(container, run.id);
        if (stored && isFinal(stored.status) && !isFinal(run.status)) return;
        if (await replace(container, run, stored?._etag)) return;
      }
      throw cosmosError(new Error(`lost ${MAX_RACES} races`), `writing run ${run.id}`);
    },

    async remove(id: string): Promise<void> {
      try {
        await container.item(id, RUNS_PARTITION.value).delete();
      } catch (thrown) {
        if (!isNotFound(thrown)) throw cosmosError(thrown, `deleting run ${id}`);
      }
    },

    async get(id: string): Promise<RunView | undefined> {
      const stored = await read(container, id);
      return stored && viewOf(stored);
    },

    async list(filter: RunFilter, request: PageRequest): Promise<Page<RunView>> {
      if (filter.statuses?.length === 0) return { value: [] };
      const page = await queryPage<RunDocument>(container, listQuery(filter), request);
      return { ...page, value: page.value.map(viewOf) };
    },
  };
}

/** Runs of one start keep the order in which the store took them: a second key would need a composite index. */
function listQuery({ container, statuses }: RunFilter) {
  const conditions = [];
  const parameters: Record<string, string> = {};
  if (container !== undefined) {
    conditions.push('c.container = @container');
    parameters.container = container;
  }
  if (statuses !== undefined) {
    conditions.push(`c.status IN (${statuses.map((_, index) => `@status${index}`).join(', ')})`);
    for (const [index, status] of statuses.entries()) parameters[`status${index}`] = status;
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const query = `SELECT * FROM c${where} ORDER BY c.startedAt DESC`;
  return { partition: RUNS_PARTITION.value, query, parameters, doing: 'listing the runs' };
}

async function read(container: Container, id: string): Promise<RunDocument | undefined> {
  return readItem<RunDocument>(container.item(id, RUNS_PARTITION.value), `reading run ${id}`);
}

/** False when somebody else wrote first. */
async function replace(container: Container, run: RunView, etag: string | undefined): Promise<boolean> {
  const document: RunDocument = { ...STORED_VIEW.stamped(run), kind: RUNS_PARTITION.value };
  try {
    if (etag === undefined) await container.items.create(document);
    else {
      const accessCondition = { type: 'IfMatch', condition: etag };
      await container.item(run.id, RUNS_PARTITION.value).replace(document, { accessCondition });
    }
    return true;
  } catch (thrown) {
    if (isConflict(thrown) || isNotFound(thrown)) return false;
    throw cosmosError(thrown, `writing run ${run.id}`);
  }
}

function viewOf(document: RunDocument): RunView {
  const { kind: _kind, ...rest } = document;
  return STORED_VIEW.read(Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('_'))));
}
