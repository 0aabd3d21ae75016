import type { HealthBody } from '../../contract/schemas/health';
import type { HealthReport, HealthUseCases } from '../../use-cases/health/port';
import type { Handler } from '../bind';

/**
 * Probes. `/livez`: the process answers, restart it otherwise. `/readyz`: send traffic here. `/healthz`: what the sidecar
 * asks before it delivers events and actor calls.
 *
 * I1 A probe answers 200 or 503 to GET and HEAD and nothing else, whatever fails; 405 to every other verb.
 */
const PROBES = ['/livez', '/readyz', '/healthz'];

export function isProbe(path: string): boolean {
  return PROBES.includes(path);
}

export const livez: Handler<'livez'> = () => ({ status: 200, body: { status: 'ok' } });

export function readyz(ask: HealthUseCases, isDraining: () => boolean): Handler<'readyz'> {
  return async ({ query }) => {
    const isVerbose = 'verbose' in query;
    const { ready, checks } = await ask.health(isVerbose).catch(unknownHealth);
    const status = isDraining() ? 'draining' : ready ? 'ok' : 'not-ready';
    return probed({ status, ...(isVerbose && { checks }) });
  };
}

export function healthz(isDraining: () => boolean): Handler<'healthz'> {
  return () => probed({ status: isDraining() ? 'draining' : 'ok' });
}

function probed(body: HealthBody) {
  return body.status === 'ok' ? ({ status: 200, body } as const) : ({ status: 503, body } as const);
}

// I1
function unknownHealth(): HealthReport {
  return { ready: false, checks: { health: { ok: false, detail: 'The checks themselves failed.' } } };
}
