import type { IRouter } from 'express';
import { handle } from '../route';
import type { HealthBody } from '../../contract/schemas/health';
import type { HealthReport } from '../../use-cases/health/port';
import type { UseCases } from '../../use-cases/port';

/**
 * Probes. `/livez`: the process answers, restart it otherwise. `/readyz`: send traffic here. `/healthz`: what the sidecar
 * asks before it delivers events and actor calls.
 *
 * I1 A probe answers 200 or 503 and nothing else, whatever fails.
 */
export interface HealthDeps {
  readonly useCases: Pick<UseCases, 'health'>;
  readonly isDraining: () => boolean;
}

const PROBES = ['/livez', '/readyz', '/healthz'];

export function isProbe(path: string): boolean {
  return PROBES.includes(path);
}

export function healthRoutes(app: IRouter, { useCases, isDraining }: HealthDeps): void {
  app.get('/livez', (_req, res) => {
    res.json({ status: 'ok' } satisfies HealthBody);
  });
  healthzRoute(app, isDraining);
  app.get(
    '/readyz',
    handle(async (req, res) => {
      const { ready, checks } = await useCases.health().catch(unknownHealth);
      const status = isDraining() ? 'draining' : ready ? 'ok' : 'not-ready';
      const body: HealthBody = { status, ...('verbose' in req.query && { checks }) };
      res.status(status === 'ok' ? 200 : 503).json(body);
    }),
  );
}

export function healthzRoute(app: IRouter, isDraining: () => boolean): void {
  app.get('/healthz', (_req, res) => {
    const status: HealthBody['status'] = isDraining() ? 'draining' : 'ok';
    res.status(status === 'ok' ? 200 : 503).json({ status } satisfies HealthBody);
  });
}

// I1
function unknownHealth(): HealthReport {
  return { ready: false, checks: { health: { ok: false, detail: 'The checks themselves failed.' } } };
}
