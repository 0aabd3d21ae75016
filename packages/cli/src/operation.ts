import { EXIT } from './exit-codes';
import { Failure, Interrupted } from './failure';
import type { Session } from './session';
import { isRecord } from './text/plain';

const POLL_MS = 2_000;

/** An answer to a request that may take longer than the server keeps its caller waiting. */
interface First {
  readonly status: number;
  readonly body: unknown;
  readonly headers: { get(name: string): string | null };
}

/**
 * What such a request comes to: asks where the first answer says, until the operation has a result. `what` names it: "the
 * recount".
 */
export async function finished<T>({ api, out, context }: Session, first: First, what: string): Promise<T> {
  if (first.status !== 202) return first.body as T;
  const location = first.headers.get('operation-location');
  if (location === null) throw new Failure(EXIT.unexpected, 'the server does not say where to ask for the result');
  out.note('This takes a while ...');
  for (let { headers } = first; ; ) {
    await context.sleep(Number(headers.get('retry-after') ?? 0) * 1000 || POLL_MS, context.interrupted);
    if (context.interrupted.aborted) {
      const id = new URL(location, 'http://server').pathname.split('/').at(-1);
      throw new Interrupted(`${what} goes on at the server`, [`contactsheet operation cancel ${id}   ends it`]);
    }
    const answer: First = await api.follow('getOperation', location, { what: 'the state of an operation' });
    if (!isPending(answer)) return resultOf<T>(answer.body, what);
    headers = answer.headers;
  }
}

/** Whatever server answers: some say it by the status alone. */
function isPending({ status, body }: First): boolean {
  if (status === 202) return true;
  return isRecord(body) && typeof body.status === 'string' && /^(NotStarted|Running)$/i.test(body.status);
}

/** An operation wraps its result; a server may answer the result itself. */
function resultOf<T>(body: unknown, what: string): T {
  if (isRecord(body) && 'result' in body) return body.result as T;
  if (isRecord(body) && !('error' in body) && !('status' in body)) return body as T;
  const { message } = isRecord(body) && isRecord(body.error) ? body.error : { message: 'no result' };
  throw new Failure(EXIT.unexpected, `${what} failed: ${String(message)}`);
}
