import type { Request } from 'express';
import type { Endpoint } from '../../contract/endpoint';
import { ENDPOINTS } from '../../contract/endpoints';
import { AppError } from '../../domain/errors';
import type { UseCases } from '../../use-cases/port';
import { bodyOrNothing } from '../json-body';
import { parameter } from '../query';

export type Records = Pick<UseCases, 'getRun' | 'getOperation'>;

/** Lists over all containers, of which each caller is shown what concerns its own. */
const SHOWN_IN_PART: ReadonlySet<string> = new Set([
  ...[ENDPOINTS.listContainers.id, ENDPOINTS.listRuns.id, ENDPOINTS.listInstances.id],
  ...[ENDPOINTS.listEntities.id, ENDPOINTS.listEntitiesByName.id],
]);

export function isShownInPart({ id }: Endpoint): boolean {
  return SHOWN_IN_PART.has(id);
}

/**
 * The one container that a request concerns; undefined where it concerns more than one, or none.
 *
 * I1 Asked only for callers who are limited to containers: it may read the record of the run or the operation.
 * I2 A start under the id of a run that has ended takes the place of its records: it concerns the container of that run too.
 */
export async function concernedContainer(
  endpoint: Endpoint,
  req: Request,
  records: Records,
): Promise<string | undefined> {
  const { params, path } = endpoint;
  const fields = Object.keys(params?.shape ?? {});
  if (fields.includes('container')) return param(req, 'container');
  if (fields.includes('entityKey')) return param(req, 'entityKey');
  if (path.includes('/orchestrators/')) return containerOfBody(bodyOrNothing(req));
  if (fields.includes('instanceId')) return containerOfRun(param(req, 'instanceId'), records);
  if (path.startsWith(`${ENDPOINTS.listRuns.path}/`)) return containerOfRun(param(req, 'id'), records);
  if (path.startsWith(ENDPOINTS.getOperation.path)) return containerOfOperation(param(req, 'id'), records);
  return Object.hasOwn(endpoint.query?.shape ?? {}, 'container') ? parameter(req, 'container') : undefined;
}

function param(req: Request, name: string): string {
  const value: unknown = req.params[name];
  return typeof value === 'string' ? value : '';
}

/** I2: the container of the run whose id a start takes; undefined where there is none. */
export async function replacedContainer({ id }: Endpoint, req: Request, records: Records): Promise<string | undefined> {
  return id === ENDPOINTS.startInstance.id ? containerOfRun(param(req, 'instanceId'), records) : undefined;
}

function containerOfBody(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  const named = typeof body === 'object' && body !== null && 'container' in body ? body.container : undefined;
  return typeof named === 'string' ? named : undefined;
}

async function containerOfRun(id: string, records: Records): Promise<string | undefined> {
  return (await found(() => records.getRun(id)))?.container;
}

async function containerOfOperation(id: string, records: Records): Promise<string | undefined> {
  return (await found(() => records.getOperation(id)))?.container;
}

/** What is not there concerns no container of the caller, so that nobody learns which ids there are. */
async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AppError && /-not-found$|^invalid-request$/.test(error.code)) return undefined;
    throw error;
  }
}
