import { AppError } from '../../domain/errors';
import { isFinal, type RunView } from '../../domain/run/run';
import { refused } from './command-run';
import type { GetRun } from './get-run';

/** The run that is to be tried again. @throws AppError run-not-found, command-refused while it goes on */
export async function finishedRun(getRun: GetRun, id: string): Promise<RunView> {
  const run = await getRun(id);
  if (!isFinal(run.status)) throw refused('retry', run);
  return run;
}

/** The longer of two prefixes of which one begins with the other. @throws AppError invalid-request where neither does */
export function narrowed(ofRun: string, asked = ''): string {
  if (asked.startsWith(ofRun)) return asked;
  if (ofRun.startsWith(asked)) return ofRun;
  throw new AppError('invalid-request', `The run covered names that begin with '${ofRun}' only.`, {
    context: { pointer: '/body/prefix' },
  });
}
