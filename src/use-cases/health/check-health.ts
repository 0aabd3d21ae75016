import type { ResultsGateway } from '../../gateways/results/port';
import type { Sidecar } from '../../gateways/sidecar/sidecar';
import type { HealthReport } from './port';

export interface HealthDeps {
  readonly sidecar: Pick<Sidecar, 'outboundHealthy'>;
  /** The workflow worker of this process: connected to its sidecar, so that it may be handed work. */
  readonly worker: { readonly isConnected: boolean };
  readonly results: Pick<ResultsGateway, 'ping'>;
}

/** Ready means: this replica can take a run. Azure's state is shown and does not count, or an outage would stop probes too. */
export async function checkHealth({ sidecar, worker, results }: HealthDeps): Promise<HealthReport> {
  const [outbound, store] = await Promise.all([
    sidecar.outboundHealthy(),
    results.ping().then(
      () => ({ ok: true }),
      (error: unknown) => ({ ok: false, detail: error instanceof Error ? error.message : String(error) }),
    ),
  ]);
  return {
    ready: outbound && worker.isConnected,
    checks: {
      sidecar: outbound ? { ok: true } : { ok: false, detail: 'the Dapr sidecar does not answer or is not ready' },
      worker: worker.isConnected ? { ok: true } : { ok: false, detail: 'the workflow worker is not connected' },
      results: store,
    },
  };
}
