import { defined } from '../../domain/defined';
import { type Analyzer, withFeatures } from '../../domain/image/analysis';
import { AppError, toAppError } from '../../domain/errors';
import { everyPage } from '../../domain/page';
import { willTry } from '../../domain/run/retry-forecast';
import { isSameScope, type RetryFilter, type RetryScope } from '../../domain/run/retry-filter';
import { instanceIdOf } from '../../domain/run/instance-id';
import { isFinal, type RunView } from '../../domain/run/run';
import type { ResultsGateway } from '../../gateways/results/port';
import { type FollowingRunDeps, heldTo, link } from './following-run';
import type { GetRun } from './get-run';
import type { RunUseCases } from './port';
import { finishedRun, isOpen, narrowed, unprocessedOf } from './retried-run';
import type { StartRun } from './start-run';

export interface RetryRunDeps extends FollowingRunDeps {
  readonly getRun: GetRun;
  readonly startRun: StartRun;
  readonly results: Pick<ResultsGateway, 'list'>;
  readonly analyzer: () => Analyzer;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A run has its container before the index knows of it: whoever is refused for it may look two seconds too early. */
const INDEXED_WITHIN_LOOKS = 20;
const LOOK_EVERY_MS = 100;

/**
 * A new run over the images that `filter` covers, linked with the old one in both directions; or the one that was started
 * when this was said before, while it goes on. What the old run was held to holds for the new one (following-run.ts).
 *
 * I1 A run that ended early has left more than its failures: images that it did not come to, most of them without a
 *    document. A retry that names no failure does all of it, as a run over what the old one was for.
 */
export function createRetryRun(deps: RetryRunDeps): RunUseCases['retryRun'] {
  return async ({ id, filter, who, how, reason, maxTransactions }) => {
    const run = await finishedRun(deps.getRun, id);
    const prefix = narrowed(run.prefix, filter.prefix);
    const { prefix: _, ...named } = filter;
    const isRest = isOpen(filter) && (await unprocessedOf(deps.getRun, run)) !== undefined;
    const retry = isRest ? run.retry : named; // I1
    const said = { container: run.container, prefix, ...defined({ retry, maxTransactions }) };
    const before = await startedBefore(deps, run, said);
    if (before) return before;
    if (!isRest && !(await isAnyTried(deps, run, { ...filter, prefix }))) throw nothingToRetry(run);
    const next = await deps
      .startRun({ ...(await heldTo(deps, run)), ...said, retryOf: id })
      .catch((thrown) => startedMeanwhile(deps, id, said, thrown));
    await link(deps, run, { by: next.id, who, ...defined({ how, reason }) });
    return next;
  };
}

/** How a retry is said to start. */
interface Retry {
  readonly prefix: string;
  /** Absent: all. */
  readonly retry?: RetryScope;
  readonly maxTransactions?: number;
}

async function startedBefore(
  { getRun }: Pick<RetryRunDeps, 'getRun'>,
  { retriedBy }: RunView,
  said: Retry,
): Promise<RunView | undefined> {
  const next = retriedBy === undefined ? undefined : await getRun(retriedBy).catch(() => undefined);
  return next && !isFinal(next.status) && isStartedBy(said, next) ? next : undefined;
}

/** Said twice at once, or again when the link with the first was lost. @throws AppError what kept it from starting */
async function startedMeanwhile(deps: RetryRunDeps, id: string, said: Retry, thrown: unknown): Promise<RunView> {
  const { existingRun } = toAppError(thrown).context;
  const next = typeof existingRun === 'string' ? await onceIndexed(deps, existingRun) : undefined;
  if (next?.retryOf === id && isStartedBy(said, next)) return next;
  throw thrown;
}

/** undefined when it cannot be seen, or its starter has died before the index. */
async function onceIndexed({ getRun, sleep }: RetryRunDeps, id: string): Promise<RunView | undefined> {
  for (let looks = 0; looks < INDEXED_WITHIN_LOOKS; looks += 1) {
    if (looks > 0) await sleep(LOOK_EVERY_MS);
    try {
      return await getRun(id);
    } catch (thrown) {
      if (toAppError(thrown).code !== 'run-not-found') return undefined;
    }
  }
  return undefined;
}

/** The forecast is more than nothing; this ends at the first image. */
async function isAnyTried(
  { results, analyzer }: Pick<RetryRunDeps, 'results' | 'analyzer'>,
  { container, features }: RunView,
  filter: RetryFilter,
): Promise<boolean> {
  const status = filter.status ?? 'failed';
  const asked = withFeatures(analyzer(), features);
  const images = everyPage((page) => results.list(container, { status }, page));
  for await (const image of images) if (willTry(filter, image, asked)) return true;
  return false;
}

function isStartedBy({ prefix, retry, maxTransactions }: Retry, next: RunView): boolean {
  const isCapSame = maxTransactions === undefined || maxTransactions === next.maxTransactions;
  const isScopeSame =
    retry === undefined || next.retry === undefined ? retry === next.retry : isSameScope(retry, next.retry);
  return isCapSame && prefix === next.prefix && isScopeSame;
}

function nothingToRetry({ id, retriedBy }: RunView): AppError {
  const already = retriedBy === undefined ? '' : ` Run ${instanceIdOf(retriedBy)} tried again already.`;
  return new AppError('nothing-to-retry', `No image of run ${instanceIdOf(id)} is left to retry.${already}`);
}
