import type { RequestListener } from 'node:http';
import type { Config } from '../config';
import { defined } from '../domain/defined';
import { type Listener, listen } from '../http/listener';
import type { Metrics, QuotaFigures } from '../telemetry/metrics';
import type { QuotaReading } from '../use-cases/quota/port';
import type { Pipeline } from './pipeline';
import type { Servers } from './servers';
import type { Application } from './use-cases';

/** A listener of its own for Prometheus: the API has other callers, other guards and other names. */
export async function serveMetrics(
  address: Config['metrics'],
  metrics: Metrics | undefined,
  { inFlight }: Pick<Pipeline, 'inFlight'>,
  { useCases }: Pick<Application, 'useCases'>,
  { health }: Pick<Servers, 'health'>,
): Promise<Listener | undefined> {
  if (address === undefined || metrics === undefined) return undefined;
  metrics.observe({
    inFlight,
    async checks() {
      const { checks } = await health(true);
      return Object.fromEntries(Object.entries(checks).map(([name, { ok }]) => [name, ok]));
    },
    quota: async () => figuresOf(await useCases.getQuota()),
  });
  return listen(answerScrapes(metrics), { ...address, name: 'metrics', setting: 'METRICS_PORT' });
}

function figuresOf(quota: QuotaReading): QuotaFigures {
  const { ratePerSecond, monthlyTransactions, factor, pausedUntil, spent } = quota;
  return {
    ...defined({ ratePerSecond, cap: monthlyTransactions }),
    ...{ factor, isPaused: pausedUntil !== undefined, spent: spent.transactions },
  };
}

/** `GET /metrics`, and nothing else. */
export function answerScrapes(metrics: Pick<Metrics, 'render'>): RequestListener {
  return (request, response) => {
    const isScrape = /^\/metrics(\?|$)/.test(request.url ?? '');
    if (!isScrape || !['GET', 'HEAD'].includes(request.method ?? '')) {
      response.writeHead(isScrape ? 405 : 404, isScrape ? { allow: 'GET, HEAD' } : {}).end();
      return;
    }
    void metrics.render().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}
