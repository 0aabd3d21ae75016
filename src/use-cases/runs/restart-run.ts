import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { instanceIdOf } from '../../domain/run/instance-id';
import type { RetryScope } from '../../domain/run/retry-filter';
import { type FollowingRunDeps, heldTo, link } from './following-run';
import type { GetRun } from './get-run';
import type { RunUseCases } from './port';
import type { StartRun } from './start-run';

export interface RestartRunDeps extends FollowingRunDeps {
  readonly getRun: GetRun;
  readonly startRun: StartRun;
}

/** A new run over what this one was started with, held to what it was held to (following-run.ts). */
export function createRestartRun(deps: RestartRunDeps): RunUseCases['restartRun'] {
  const { getRun, startRun } = deps;
  return async ({ id, who, how, sameId = false }) => {
    const run = await getRun(id);
    const { container, prefix, retryOf } = run;
    const retry = run.retry ?? (retryOf === undefined ? undefined : await retryOfOlder(deps, id));
    const next = await startRun({
      ...(await heldTo(deps, run)),
      ...{ container, prefix },
      ...defined({ id: sameId ? instanceIdOf(id) : undefined, retry, retryOf }),
    });
    const tried = retryOf === undefined ? undefined : await getRun(retryOf).catch(() => undefined);
    if (tried) await link(deps, tried, { by: next.id, who, ...defined({ how }) });
    return next;
  };
}

/** Records of older retries do not say which images they were for; their actors do. */
async function retryOfOlder({ actors }: Pick<RestartRunDeps, 'actors'>, id: string): Promise<RetryScope | undefined> {
  const { run } = await actors.run(id).view();
  if (run) return run.retry; // none: it does what an earlier run left
  throw new AppError('run-not-found', `It is no longer known which images the retry ${id} covered: start a new one.`);
}
