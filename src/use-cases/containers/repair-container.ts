import type { Actors } from '../../actors';
import { checkContainerName } from '../../domain/container/container-name';
import { addInto, type TotalsVector } from '../../domain/container/totals';
import { type Repair, wrongTotals } from '../../domain/container/verification';
import { defined } from '../../domain/defined';
import { type ImageDocument, removedDocument, type StoredImage } from '../../domain/image/image';
import { isGone } from '../../domain/image/unlisted';
import type { BlobsGateway } from '../../gateways/blobs/port';
import type { ResultsGateway } from '../../gateways/results/port';
import { type ContainerComparison, moved } from './container-comparison';
import type { ContainerIndex } from './container-index';
import { verdictOf } from './verify-container';

export interface RepairContainerDeps {
  readonly comparison: ContainerComparison;
  readonly actors: Pick<Actors, 'container'>;
  readonly blobs: Pick<BlobsGateway, 'head'>;
  readonly results: Pick<ResultsGateway, 'get' | 'save'>;
  readonly containerIndex: Pick<ContainerIndex, 'refresh'>;
  /** Share of known images (0..1) whose blobs may be gone before a repair wants to be told that this is true. */
  readonly maxLostShare: number;
  readonly nowMs: () => number;
}

/** @throws AppError container-not-found, invalid-container-name, run-active, and the reason of `signal` */
export type RepairContainer = (
  container: string,
  options: { readonly confirmShrink: boolean; readonly signal?: AbortSignal },
) => Promise<Repair>;

/** As an operation: with and without `confirmShrink` are two pieces of work. */
export function repairTask(container: string, { confirmShrink }: { readonly confirmShrink: boolean }) {
  return { kind: 'repair', container, variant: String(confirmShrink) } as const;
}

/**
 * Sets right what can be set right from outside a run: totals, and documents whose blobs are gone. What is missing or stale is
 * the work of a run.
 *
 * I1 Once it is told to end, no document is changed any more. The totals follow what was changed before, at once.
 */
export function createRepairContainer(deps: RepairContainerDeps): RepairContainer {
  const { comparison, actors, containerIndex, maxLostShare, nowMs } = deps;
  return async (container, { confirmShrink, signal }) => {
    checkContainerName(container);
    const { lastRun, counters } = await comparison.atRest(container);
    const { found, recount, documents, orphans, missed } = await comparison.compare(container, signal);
    const isShrunk = missed > documents * maxLostShare;
    const held = isShrunk && !confirmShrink ? heldBack(missed, documents) : undefined;
    const wrong = wrongTotals(recount, counters); // as found: what follows from the orphans' leaving was not wrong
    const removed = held === undefined && orphans > 0 ? await removeOrphans(deps, container, recount, signal) : 0;
    const mayCorrect = signal?.aborted !== true && wrong.length > 0;
    if (mayCorrect || removed > 0) {
      const since = defined({ lastRun });
      const { repaired } = await actors.container(container).repair({ ...since, counters: recount });
      if (!repaired) throw moved(container);
    }
    signal?.throwIfAborted(); // I1
    for (const difference of wrong) found.add(difference);
    await containerIndex.refresh(container).catch(() => undefined); // the totals are right; the list waits for the next run
    const changed = { orphans: removed, totals: wrong.length };
    return { ...verdictOf(found, nowMs()), changed, ...defined({ held }) };
  };
}

/** Documents whose blobs are gone become `removed`; `recount` follows. */
async function removeOrphans(
  deps: RepairContainerDeps,
  container: string,
  recount: Record<string, number>,
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  for await (const { blob, image } of deps.comparison.pairs(container)) {
    if (signal?.aborted) break; // I1
    if (blob || !image || image.status === 'removed') continue;
    if (!isGone(await deps.blobs.head(container, image.blob))) continue;
    if (signal?.aborted) break;
    const change = await remove(deps, container, image);
    if (!change) continue;
    addInto(recount, change.before, -1);
    addInto(recount, change.after);
    removed += 1;
  }
  return removed;
}

async function remove(
  { results, nowMs }: Pick<RepairContainerDeps, 'results' | 'nowMs'>,
  container: string,
  image: StoredImage,
): Promise<{ before: TotalsVector; after: TotalsVector } | undefined> {
  const now = await results.get(container, image.blob);
  if (!now || now.version !== image.version) return undefined;
  const document: ImageDocument = {
    ...removedDocument(now.document, new Date(nowMs()).toISOString()),
    replaced: now.document.contribution,
  };
  const { saved } = await results.save(document, { version: now.version });
  return saved ? { before: image.contribution, after: document.contribution } : undefined;
}

function heldBack(orphans: number, documents: number): string {
  return (
    `${orphans} of ${documents} known images have no blob any more. If they were deleted, repair with confirmShrink=true; ` +
    'if not, look at the container first. Nothing was removed.'
  );
}
