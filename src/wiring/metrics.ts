import type { RequestListener } from 'node:http';
import type { Config } from '../config';
import { defined } from '../domain/defined';
import { PROBLEMS } from '../contract/problems';
import { refusalOfHost } from '../http/host-guard';
import { type Listener, listen } from '../http/listener';
import type { Metrics, QuotaFigures } from '../telemetry/metrics';
import type { QuotaReading } from '../use-cases/quota/port';
import type { Pipeline } from './pipeline';
import type { Servers } from './servers';
import type { Application } from './use-cases';

/** A listener of its own for Prometheus: the API has other callers, other guards and other names. */
export async function serveMetrics(
  { metrics: address, api }: Pick<Config, 'metrics' | 'api'>,
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
  return listen(answerScrapes(metrics, api.hosts.names), { ...address, name: 'metrics', setting: 'METRICS_PORT' });
}

function figuresOf(quota: QuotaReading): QuotaFigures {
  const { ratePerSecond, monthlyTransactions, factor, pausedUntil, spent } = quota;
  return {
    ...defined({ ratePerSecond, cap: monthlyTransactions }),
    ...{ factor, isPaused: pausedUntil !== undefined, spent: spent.transactions },
  };
}

/**
 * `GET /metrics`, and nothing else.
 *
 * I1 Nobody is asked for a key, so a page whose name was rebound to this address must not be answered: only addresses, names
 *    of loopback and the names of the API are.
 * I2 Whoever asks at the same time gets the same answer: each costs questions to Cosmos DB and the sidecar.
 */
export function answerScrapes(metrics: Pick<Metrics, 'render'>, names: readonly string[] = []): RequestListener {
  const hosts = { loopback: true, addresses: true, names };
  let underWay: ReturnType<Metrics['render']> | undefined;
  const render = () => {
    underWay ??= metrics.render().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  return (request, response) => {
    const refusal = refusalOfHost(request, hosts);
    if (refusal) {
      response.writeHead(PROBLEMS[refusal.code].status, { 'content-type': 'text/plain' }).end(`${refusal.message}\n`); // I1
      return;
    }
    const isScrape = /^\/metrics(\?|$)/.test(request.url ?? '');
    if (!isScrape || !['GET', 'HEAD'].includes(request.method ?? '')) {
      response.writeHead(isScrape ? 405 : 404, isScrape ? { allow: 'GET, HEAD' } : {}).end();
      return;
    }
    void render().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}
