import { type Answer, pathOf } from './api/client';
import { EXIT } from './exit-codes';
import { Failure, Interrupted } from './failure';
import type { Session } from './session';
import { isRecord } from './text/plain';

const POLL_MS = 2_000;

/**
 * What a request comes to that may take longer than the server keeps its caller waiting: asks where the first answer says,
 * until the operation has a result. `what` names it: "the recount".
 */
export async function finished<T>({ api, out, world }: Session, first: Answer<T>, what: string): Promise<T> {
  if (first.status !== 202) return first.body;
  const location = first.header('operation-location');
  if (location === undefined) throw new Failure(EXIT.unexpected, 'the server does not say where to ask for the result');
  out.note('This takes a while ...');
  let answer: Answer<unknown> = first;
  while (answer.status === 202 || isPending(answer.body)) {
    await world.sleep(Number(answer.header('retry-after') ?? 0) * 1000 || POLL_MS, world.interrupted);
    if (world.interrupted.aborted) throw new Interrupted(`${what} goes on at the server`);
    answer = await api.ask(pathOf(location), { what: 'the state of an operation' });
  }
  return resultOf<T>(answer.body, what);
}

function isPending(body: unknown): boolean {
  return isRecord(body) && typeof body.status === 'string' && /^(NotStarted|Running)$/i.test(body.status);
}

/** An operation wraps its result; a server may answer the result itself. */
function resultOf<T>(body: unknown, what: string): T {
  if (isRecord(body) && 'result' in body) return body.result as T;
  if (isRecord(body) && !('error' in body) && !('status' in body)) return body as T;
  const { message } = isRecord(body) && isRecord(body.error) ? body.error : { message: 'no result' };
  throw new Failure(EXIT.unexpected, `${what} failed: ${String(message)}`);
}
