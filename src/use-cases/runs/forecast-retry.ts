import { type Analyzer, withFeatures } from '../../domain/image/analysis';
import { RetryTally } from '../../domain/run/retry-forecast';
import type { ResultsGateway } from '../../gateways/results/port';
import type { GetRun } from './get-run';
import type { RunUseCases } from './port';
import { finishedRun, narrowed } from './retried-run';

export interface ForecastRetryDeps {
  readonly getRun: GetRun;
  readonly results: Pick<ResultsGateway, 'range'>;
  readonly analyzer: () => Analyzer;
}

/** What a retry would try, and what it would leave and why. Reads documents, calls nothing. */
export function createForecastRetry({ getRun, results, analyzer }: ForecastRetryDeps): RunUseCases['forecastRetry'] {
  return async ({ id, filter }) => {
    const run = await finishedRun(getRun, id);
    const tally = new RetryTally(filter, withFeatures(analyzer(), run.features));
    const interval = { prefix: narrowed(run.prefix, filter.prefix) };
    for await (const image of results.range(run.container, interval)) tally.add(image);
    return tally.forecast();
  };
}
