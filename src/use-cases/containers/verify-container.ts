import { checkContainerName } from '../../domain/container/container-name';
import { type Verification, wrongTotals } from '../../domain/container/verification';
import { type ContainerComparison, type Findings, moved } from './container-comparison';

export interface VerifyContainerDeps {
  readonly comparison: Pick<ContainerComparison, 'atRest' | 'compare'>;
  readonly nowMs: () => number;
}

/** @throws AppError container-not-found, invalid-container-name, run-active, and the reason of `signal` */
export type VerifyContainer = (container: string, signal?: AbortSignal) => Promise<Verification>;

/** Compares a container's listing, its documents and its totals. Changes nothing. */
export function createVerifyContainer({ comparison, nowMs }: VerifyContainerDeps): VerifyContainer {
  return async (container, signal) => {
    checkContainerName(container);
    const before = await comparison.atRest(container);
    const { found, recount } = await comparison.compare(container, signal);
    const after = await comparison.atRest(container);
    if (after.lastRun !== before.lastRun) throw moved(container);
    for (const difference of wrongTotals(recount, after.counters)) found.add(difference);
    return verdictOf(found, nowMs());
  };
}

export function verdictOf({ differences, count }: Findings, nowMs: number): Verification {
  return { clean: count === 0, checkedAt: new Date(nowMs).toISOString(), differences, count };
}
