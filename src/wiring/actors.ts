import { type Actors, createActors } from '../actors';
import type { Config } from '../config';
import { defined } from '../domain/defined';
import type { QuotaSettings } from '../domain/quota/quota';
import { resourceOf, visionRate } from '../gateways/vision';
import { systemClock } from '../pipeline/clock';
import type { Gateways } from './gateways';

/** The actors that this process hosts, and clients of those that it does not. */
export function createActorsOf(config: Config, { sidecar }: Pick<Gateways, 'sidecar'>): Actors {
  const defaults = { ...visionRate(config.vision.rate), ...capsOf(config) };
  return createActors(sidecar, systemClock, { resource: resourceOf(config.vision.endpoint), defaults });
}

function capsOf({ monthlyCaps: { resource, container } }: Config): QuotaSettings {
  return defined({ monthlyTransactions: resource, containerMonthlyTransactions: container });
}
