import { within } from '../../deadline';
import { defined } from '../../domain/defined';
import type { ResultsGateway } from '../../gateways/results/port';
import type { Sidecar } from '../../gateways/sidecar/sidecar';
import type { HealthReport } from './port';

export interface HealthDeps {
  readonly sidecar: Pick<Sidecar, 'outboundHealthy'>;
  /** The workflow worker of this process: connected to its sidecar, so that it may be handed work. */
  readonly worker: { readonly isConnected: boolean };
  readonly results: Pick<ResultsGateway, 'ping'>;
}

/** How long a check may take. Longer than what is well needs, and shorter than whoever asks waits. */
const CHECK_MS = 3_000;

/**
 * Ready means: this replica can take a run. Azure's state is shown and does not count, or an outage would stop probes too. So
 * nobody waits for it who does not want to see it.
 */
export async function checkHealth(deps: HealthDeps, isVerbose: boolean): Promise<HealthReport> {
  const { sidecar, worker, results } = deps;
  const [outbound, store] = await Promise.all([
    inTime(sidecar.outboundHealthy()).catch(() => false),
    isVerbose ? inTime(results.ping()).then(() => ({ ok: true }), unwell) : undefined,
  ]);
  return {
    ready: outbound && worker.isConnected,
    checks: {
      sidecar: outbound ? { ok: true } : { ok: false, detail: 'the Dapr sidecar does not answer or is not ready' },
      worker: worker.isConnected ? { ok: true } : { ok: false, detail: 'the workflow worker is not connected' },
      ...defined({ results: store }),
    },
  };
}

function unwell(error: unknown) {
  return { ok: false, detail: error instanceof Error ? error.message : String(error) };
}

function inTime<T>(check: Promise<T>): Promise<T> {
  return within(CHECK_MS, check, () => new Error(`it did not answer within ${CHECK_MS / 1_000} s`));
}
