import { DURABLE_TASK_BASE } from '../../src/contract/durable-task';
import type { Endpoint } from '../../src/contract/endpoint';
import { ENDPOINTS } from '../../src/contract/endpoints';

/** What the sidecar puts before a path that it hands on. */
const INVOKED = /^\/v1\.0\/invoke\/[^/]+\/method(?=\/)/;

/** A path that ends in a verb comes first: `{id}` would take `x:pause` for the id of a run. */
const PLACES = [...new Set(Object.values<Endpoint>(ENDPOINTS).map(({ path }) => path))]
  .sort((one, other) => Number(other.includes('}:')) - Number(one.includes('}:')))
  .map((path) => ({ path, pattern: patternOf(path) }));

/** As the server matches it: with or without a slash at the end, and what Azure Functions knows in any case. */
function patternOf(path: string): RegExp {
  const literal = path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${literal}/?$`, isInAnyCase(path) ? 'i' : '');
}

function isInAnyCase(path: string): boolean {
  return Object.values<Endpoint>(ENDPOINTS).some((one) => one.path === path && one.tags[0] === 'Durable Functions');
}

/** The path alone, as the application hears it: without query, and without what the sidecar puts before it. */
export function pathAlone(target: string): string {
  return (target.split(/[?#]/, 1)[0] ?? '').replace(INVOKED, '');
}

/** The operation that a request asks for. HEAD asks for what GET does, unless that starts something. */
export function operationOf(method: string, path: string): Endpoint | undefined {
  const place = PLACES.find(({ pattern }) => pattern.test(path));
  const found = Object.values<Endpoint>(ENDPOINTS).filter((one) => one.path === place?.path);
  if (method !== 'HEAD') return found.find((one) => one.method === method);
  return found.find((one) => one.method === 'GET' && (one.access === 'public' || one.access === 'reader'));
}

/** Whether the path belongs to the API, so that only a refusal may be answered where there is no operation. */
export function isOfApi(path: string): boolean {
  return /^\/api\//i.test(path) || isDurable(path);
}

export function isDurable(path: string): boolean {
  return path.toLowerCase().startsWith(`${DURABLE_TASK_BASE}/`);
}
