import type { Actors } from '../../actors';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { GetRun } from './get-run';
import type { RunUseCases } from './port';

export interface GetCourseDeps {
  readonly getRun: GetRun;
  readonly actors: Pick<Actors, 'run'>;
  readonly manifests: Pick<ManifestsGateway, 'readReceipt'>;
}

/** Phases and words of a run, from its actor; from its receipt where the actor's state was deleted. */
export function createGetCourse({ getRun, actors, manifests }: GetCourseDeps): RunUseCases['getCourse'] {
  return async (id) => {
    const run = await getRun(id);
    const actor = actors.run(id);
    const { phaseTimes, run: known } = await actor.view();
    if (!known) return { run, phases: (await manifests.readReceipt(id))?.phases ?? {}, audit: [] };
    const { entries } = await actor.audit();
    return { run, phases: phaseTimes ?? {}, audit: entries };
  };
}
