import type { Actors } from '../../actors';
import { AppError } from '../../domain/errors';
import { instanceIdOf } from '../../domain/run/instance-id';
import type { RunView } from '../../domain/run/run';
import { singleFlight } from '../../pipeline/single-flight';

/** A run as its actor shows it now. @throws AppError run-not-found */
export type LiveRun = (id: string) => Promise<RunView>;

/** Those who look at one run at the same time share the question: its actor answers one caller at a time. */
export function createLiveRun(actors: Pick<Actors, 'run'>): LiveRun {
  const look = singleFlight((id) => actors.run(id).view());
  return async (id) => {
    const { run } = await look(id);
    if (!run) throw runNotFound(id);
    return run;
  };
}

export function runNotFound(id: string): AppError {
  return new AppError('run-not-found', `There is no run '${instanceIdOf(id)}'. List the runs to find it.`);
}
