import { refusedOperation } from '../../contract/endpoints/durable';
import type { EntityStatusBody } from '../../contract/schemas/durable';
import type { ContainerSummary } from '../../domain/container/container-summary';
import { AppError } from '../../domain/errors';
import { pageOfShown } from '../../domain/page';
import { ACTORS } from '../../names';
import type { ContainerUseCases } from '../../use-cases/containers/port';
import type { Around, Handler } from '../bind';
import { badRequest } from '../request-error';
import { listAnswer, listRequest } from './durable-list';
import { NOTHING } from './durable-run';

/**
 * Entities of the Durable Functions contract: the ContainerActor of each container.
 *
 * I1 The name of an entity is matched in any case, its key as it is.
 * I2 A signal changes no total by itself: the one operation is `repair`, which recounts from the documents and is refused
 *    while a run is active. What would be heard by nobody is refused, not accepted.
 */

/** As the extension writes names of entities. */
const ENTITY = 'containeractor' satisfies Lowercase<typeof ACTORS.container>;
const SCOPE = 'entities';
/** Actors asked at once. */
const STATES_AT_ONCE = 4;

type Listing = Pick<ContainerUseCases, 'listContainers' | 'getContainer'>;

export function listEntities(ask: Listing): Handler<'listEntities'> {
  return ({ query, ...around }) => entities(ask, query, around);
}

export function listEntitiesByName(ask: Listing): Handler<'listEntitiesByName'> {
  return ({ params: { entityName }, query, ...around }) =>
    isEntity(entityName) ? entities(ask, query, around) : listAnswer<EntityStatusBody>(around, SCOPE, { value: [] });
}

export function readEntity(ask: Pick<ContainerUseCases, 'getContainer'>): Handler<'readEntity'> {
  return async ({ params: { entityName, entityKey } }) => {
    const state = isEntity(entityName) ? await stateOf(ask, entityKey) : undefined;
    return state ? { status: 200, body: state } : NOTHING;
  };
}

export function signalEntity(ask: Pick<ContainerUseCases, 'repairContainer'>): Handler<'signalEntity'> {
  return async ({ params: { entityName, entityKey }, body, links }) => {
    checkEntity(entityName);
    const { confirmShrink = false } = body ?? {};
    const repaired = await ask.repairContainer(entityKey, { confirmShrink });
    if (repaired.done) return { status: 202 };
    return { status: 202, headers: { 'Operation-Location': links.operation(repaired.operation.id) } };
  };
}

// I2
export const deleteEntity: Handler<'deleteEntity'> = ({ params: { entityName } }) => {
  checkEntity(entityName);
  throw badRequest('/query/op', refusedOperation('delete'));
};

// I1
function isEntity(name: string): boolean {
  return name.toLowerCase() === ENTITY;
}

function checkEntity(name: string): void {
  if (!isEntity(name)) throw badRequest('/path/name', `The one kind of entity is ${ACTORS.container}.`);
}

interface EntityQuery {
  readonly fetchState: boolean;
  /** Milliseconds since 1970. */
  readonly lastOperationTimeFrom?: number | undefined;
  readonly lastOperationTimeTo?: number | undefined;
  readonly top: number;
}

async function entities(
  ask: Listing,
  query: EntityQuery,
  around: Pick<Around, 'header' | 'continuations' | 'isShown'>,
) {
  const { fetchState, top } = query;
  const { lastOperationTimeFrom = Number.NEGATIVE_INFINITY, lastOperationTimeTo = Number.POSITIVE_INFINITY } = query;
  const asked = await listRequest(around, top, SCOPE);
  const page = await pageOfShown(ask.listContainers, around.isShown, asked);
  const found = page.value.filter(({ updatedAt }) => {
    const updatedAtMs = Date.parse(updatedAt);
    return updatedAtMs >= lastOperationTimeFrom && updatedAtMs <= lastOperationTimeTo;
  });
  const value: EntityStatusBody[] = [];
  for (let first = 0; first < found.length; first += STATES_AT_ONCE) {
    const some = found.slice(first, first + STATES_AT_ONCE).map(
      async ({ container, updatedAt }): Promise<EntityStatusBody> => ({
        entityId: { name: ENTITY, key: container },
        lastOperationTime: updatedAt,
        state: fetchState ? ((await stateOf(ask, container)) ?? null) : null,
      }),
    );
    value.push(...(await Promise.all(some)));
  }
  return listAnswer(around, SCOPE, { ...page, value });
}

async function stateOf(
  ask: Pick<ContainerUseCases, 'getContainer'>,
  container: string,
): Promise<ContainerSummary | undefined> {
  try {
    return await ask.getContainer(container);
  } catch (error) {
    if (error instanceof AppError && UNKNOWN_ENTITY.has(error.code)) return undefined;
    throw error;
  }
}

const UNKNOWN_ENTITY = new Set<string>(['container-not-found', 'invalid-container-name', 'system-container']);
