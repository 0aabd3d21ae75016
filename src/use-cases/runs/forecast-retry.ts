import { type Analyzer, withFeatures } from '../../domain/image/analysis';
import { isWrittenLater } from '../../domain/run/run-order';
import { RetryTally } from '../../domain/run/retry-forecast';
import type { ResultsGateway } from '../../gateways/results/port';
import type { GetRun } from './get-run';
import type { RunUseCases } from './port';
import { finishedRun, isOpen, narrowed, unprocessedOf } from './retried-run';

export interface ForecastRetryDeps {
  readonly getRun: GetRun;
  readonly results: Pick<ResultsGateway, 'range'>;
  readonly analyzer: () => Analyzer;
}

/**
 * What a retry would try, and what it would leave and why. Reads documents, calls nothing. What a run that ended early did
 * not come to counts as far as it was listed.
 */
export function createForecastRetry({ getRun, results, analyzer }: ForecastRetryDeps): RunUseCases['forecastRetry'] {
  return async ({ id, filter }) => {
    const run = await finishedRun(getRun, id);
    const tally = new RetryTally(filter, withFeatures(analyzer(), run.features));
    const interval = { prefix: narrowed(run.prefix, filter.prefix) };
    const rest = isOpen(filter) ? await unprocessedOf(getRun, run) : undefined;
    for await (const image of results.range(run.container, interval)) {
      // A document of a run before is one that this run did not come to, or left as it is.
      if (rest === undefined || image.runId === run.id || isWrittenLater(image, run)) tally.add(image);
    }
    const { willRetry, willNot } = tally.forecast();
    return { willRetry: willRetry + (rest ?? 0), willNot };
  };
}
