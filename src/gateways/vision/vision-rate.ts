import { parseRate, type QuotaSettings } from '../../domain/quota/quota';

/** Nominal rate of tier S1; more is granted by ticket (Computer Vision FAQ). */
const DEFAULT_RATE = '10/s';

/** What the service allows: as configured (`10/s`, `20/min`, `unlimited`), else what tier S1 does. */
export function visionRate(configured: string | undefined): QuotaSettings {
  return parseRate(configured ?? DEFAULT_RATE) ?? {};
}

/** One name for one resource, in letters, digits and dashes: an actor id. */
export function resourceOf(endpoint: string): string {
  return new URL(endpoint).host.replace(/[^A-Za-z0-9]+/g, '-');
}
