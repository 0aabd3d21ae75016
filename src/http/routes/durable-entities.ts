import type { Request, Response, Router } from 'express';
import { signalEntity } from '../../contract/endpoints/durable';
import { AppError } from '../../domain/errors';
import { ACTORS } from '../../names';
import type { RouteDeps } from '../route-deps';
import { DURABLE_TASK_BASE } from '../../contract/durable-task';
import { handle, pathParam } from '../route';
import type { EntityStatusBody } from '../../contract/schemas/durable';
import type { ContainerSummary } from '../../domain/container/container-summary';
import type { UseCases } from '../../use-cases/port';
import { parsePart } from '../validation';
import { listRequest, sendList } from './durable-list';
import { badParameter, badPath, checkCode, dateParameter, durableBody, flag, parameter } from './durable-request';

/**
 * Entities of the Durable Functions contract: the ContainerActor of each container.
 *
 * I1 The name of an entity is matched in any case, its key as it is.
 * I2 A signal changes no total by itself: the one operation is `repair`, which recounts from the documents and is refused
 *    while a run is active. What would be heard by nobody is refused, not accepted.
 */
const ENTITIES = `${DURABLE_TASK_BASE}/entities`;
/** As the extension writes names of entities. */
const ENTITY = 'containeractor' satisfies Lowercase<typeof ACTORS.container>;
const OPERATIONS: readonly string[] = ['repair'];
const SCOPE = 'entities';
/** Actors asked at once. */
const STATES_AT_ONCE = 4;

export function durableEntityRoutes(router: Router, deps: RouteDeps): void {
  const { useCases, links } = deps;
  router.get(
    [ENTITIES, `${ENTITIES}/:name`],
    handle(async (req, res) => {
      checkCode(req, deps, undefined, 'operator');
      const name = pathParam(req, 'name');
      const isKnown = name === '' || isEntity(name);
      sendList(res, SCOPE, isKnown ? await listed(req, useCases) : { value: [] });
    }),
  );
  router.get(
    `${ENTITIES}/:name/:key`,
    handle(async (req, res) => {
      checkCode(req, deps, undefined, 'operator');
      const state = isEntity(pathParam(req, 'name')) ? await stateOf(useCases, pathParam(req, 'key')) : undefined;
      if (state) res.json(state);
      else res.status(404).end();
    }),
  );
  const signal = (operationOf: (req: Request) => string) =>
    handle(async (req: Request, res: Response) => {
      checkCode(req, deps, undefined, 'operator');
      checkOperation(pathParam(req, 'name'), operationOf(req));
      const { confirmShrink = false } = parsePart(signalEntity.body, 'body', durableBody(req)) ?? {};
      const repaired = await useCases.repairContainer(pathParam(req, 'key'), { confirmShrink });
      if (!repaired.done) res.set('Operation-Location', links.for(req).operation(repaired.operation.id));
      res.status(202).end();
    });
  router.post(
    `${ENTITIES}/:name/:key`,
    signal((req) => parameter(req, 'op') ?? ''),
  );
  router.delete(
    `${ENTITIES}/:name/:key`,
    signal(() => 'delete'),
  );
}

// I1
function isEntity(name: string): boolean {
  return name.toLowerCase() === ENTITY;
}

// I2
function checkOperation(name: string, operation: string): void {
  if (!isEntity(name)) throw badPath('name', `The one kind of entity is ${ACTORS.container}.`);
  if (OPERATIONS.includes(operation.toLowerCase())) return;
  const said = operation === '' ? 'no operation' : `'${operation.slice(0, 100)}'`;
  throw badParameter(
    'op',
    `A ${ACTORS.container} takes the operation ${OPERATIONS.join(', ')} and nothing else; this signal names ${said}. Its totals follow from the documents alone.`,
  );
}

async function listed(req: Request, useCases: UseCases) {
  const from = dateParameter(req, 'lastOperationTimeFrom') ?? Number.NEGATIVE_INFINITY;
  const to = dateParameter(req, 'lastOperationTimeTo') ?? Number.POSITIVE_INFINITY;
  const withState = flag(req, 'fetchState', false);
  const page = await useCases.listContainers(listRequest(req, SCOPE));
  const found = page.value.filter(({ updatedAt }) => Date.parse(updatedAt) >= from && Date.parse(updatedAt) <= to);
  const value: EntityStatusBody[] = [];
  for (let first = 0; first < found.length; first += STATES_AT_ONCE) {
    const some = found.slice(first, first + STATES_AT_ONCE).map(
      async ({ container, updatedAt }): Promise<EntityStatusBody> => ({
        entityId: { name: ENTITY, key: container },
        lastOperationTime: updatedAt,
        state: withState ? ((await stateOf(useCases, container)) ?? null) : null,
      }),
    );
    value.push(...(await Promise.all(some)));
  }
  return { value, ...(page.continuation !== undefined && { continuation: page.continuation }) };
}

async function stateOf(useCases: UseCases, container: string): Promise<ContainerSummary | undefined> {
  try {
    return await useCases.getContainer(container);
  } catch (error) {
    if (error instanceof AppError && UNKNOWN_ENTITY.has(error.code)) return undefined;
    throw error;
  }
}

const UNKNOWN_ENTITY = new Set<string>(['container-not-found', 'invalid-container-name', 'system-container']);
