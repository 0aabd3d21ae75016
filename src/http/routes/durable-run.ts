import { AppError } from '../../domain/errors';
import { isInstanceId } from '../../domain/run/instance-id';
import type { RunView } from '../../domain/run/run';
import type { RunUseCases } from '../../use-cases/runs/port';

/** undefined when no run has the id, or none could have it. */
export async function findRun(ask: Pick<RunUseCases, 'getRun'>, id: string): Promise<RunView | undefined> {
  if (!isInstanceId(id)) return undefined;
  try {
    return await ask.getRun(id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'run-not-found') return undefined;
    throw error;
  }
}

/** One run; what is unknown answers 404 with an empty body. */
export async function withRun<Answer>(
  ask: Pick<RunUseCases, 'getRun'>,
  id: string,
  work: (run: RunView) => Answer | Promise<Answer>,
) {
  const run = await findRun(ask, id);
  return run ? work(run) : NOTHING;
}

export const NOTHING = { status: 404 } as const;
