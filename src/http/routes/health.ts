import type { IRouter, RequestHandler } from 'express';
import { RequestError } from '../request-error';
import { handle } from '../route';
import type { HealthBody } from '../../contract/schemas/health';
import type { HealthReport } from '../../use-cases/health/port';
import type { UseCases } from '../../use-cases/port';

/**
 * Probes. `/livez`: the process answers, restart it otherwise. `/readyz`: send traffic here. `/healthz`: what the sidecar
 * asks before it delivers events and actor calls.
 *
 * I1 A probe answers 200 or 503 to GET and HEAD and nothing else, whatever fails; 405 to every other verb.
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
  for (const path of ['/livez', '/readyz']) app.all(path, refuseVerb);
}

export function healthzRoute(app: IRouter, isDraining: () => boolean): void {
  app.get('/healthz', (_req, res) => {
    const status: HealthBody['status'] = isDraining() ? 'draining' : 'ok';
    res.status(status === 'ok' ? 200 : 503).json({ status } satisfies HealthBody);
  });
  app.all('/healthz', refuseVerb);
}

/** I1 */
const refuseVerb: RequestHandler = ({ method }, _res, next) => {
  next(
    new RequestError('method-not-allowed', `${method} is not one of GET, HEAD.`, { headers: { Allow: 'GET, HEAD' } }),
  );
};

// I1
function unknownHealth(): HealthReport {
  return { ready: false, checks: { health: { ok: false, detail: 'The checks themselves failed.' } } };
}
