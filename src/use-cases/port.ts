import type { ContainerUseCases } from './containers/port';
import type { HealthUseCases } from './health/port';
import type { OperationUseCases } from './operations/port';
import type { QuotaUseCases } from './quota/port';
import type { QuoteUseCases } from './quotes/port';
import type { RunUseCases } from './runs/port';
import type { WatchUseCases } from './watches/port';

/** All that a shell can ask of the application. Everything throws AppError only, with the codes that each one names. */
export interface UseCases
  extends RunUseCases,
    ContainerUseCases,
    QuoteUseCases,
    QuotaUseCases,
    WatchUseCases,
    OperationUseCases,
    HealthUseCases {}
