import type { Request } from 'express';
import type { Caller } from '../../domain/caller';

/** Who was let in with a request, so that its answer gives away nothing that this caller may not do. */
const CALLERS = new WeakMap<Request, Caller>();

export function letIn(req: Request, caller: Caller): Caller {
  CALLERS.set(req, caller);
  return caller;
}

/** undefined before anybody was let in. */
export function callerOf(req: Request): Caller | undefined {
  return CALLERS.get(req);
}
