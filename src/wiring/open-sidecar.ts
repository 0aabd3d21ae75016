import type { Logger } from 'pino';

/** In production the start has ended already (src/config/exposure.ts). Elsewhere whoever runs this should know. */
export function warnOfOpenSidecar(apiToken: string | undefined, log: Pick<Logger, 'warn'>): void {
  if (apiToken !== undefined) return;
  log.warn(
    { event: 'sidecar.open' },
    'DAPR_API_TOKEN is not set: anyone who reaches the sidecar can act as this application',
  );
}
