import type { UseCases } from '../use-cases/port';
import type { LinkTokens } from './link-tokens';
import type { LinkBuilder } from './links';

/** What a family of routes works with. */
export interface RouteDeps {
  readonly useCases: UseCases;
  readonly links: LinkBuilder;
  /** Absent: management links need no code. */
  readonly tokens?: LinkTokens;
}
