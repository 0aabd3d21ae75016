import type { Request } from 'express';
import type { Page, PageRequest } from '../domain/page';
import type { Continuations } from './continuation';
import type { LinkBuilder } from './links';

/**
 * Lists: `{value, nextLink?}`.
 *
 * I1 nextLink is absolute and carries every parameter of its request; only the continuation differs.
 * I2 A continuation works only with the path and the filters it was made for; the page size may change.
 */
export interface Pages {
  /** What a use case is asked for. @throws RequestError invalid-request for a continuation of another list */
  asked(query: PageQuery): Promise<PageRequest>;
  shown<T, Shown>(page: Page<T>, show: (item: T) => Shown): Promise<ShownPage<Shown>>;
}

export interface PageQuery {
  readonly maxpagesize: number;
  readonly continuation?: string | undefined;
}

export interface ShownPage<Shown> {
  readonly value: readonly Shown[];
  readonly nextLink?: string;
}

export function pagesFor(req: Request, links: LinkBuilder, continuations: Continuations): Pages {
  return {
    async asked({ maxpagesize: size, continuation }) {
      if (continuation === undefined) return { size };
      return { size, continuation: await continuations.open(continuation, scopeOf(req)) };
    },
    async shown({ value, continuation }, show) {
      const shown = value.map(show);
      if (continuation === undefined) return { value: shown };
      const query = parametersOf(req, ['continuation']);
      query.set('continuation', await continuations.seal(continuation, scopeOf(req)));
      return { value: shown, nextLink: links.for(req).withQuery(pathOf(req), query) }; // I1
    },
  };
}

// I2
function scopeOf(req: Request): string {
  return `${pathOf(req)}?${parametersOf(req, ['continuation', 'maxpagesize']).toString()}`;
}

function pathOf(req: Request): string {
  return req.originalUrl.split('?', 1)[0] ?? '/';
}

function parametersOf(req: Request, without: readonly string[]): URLSearchParams {
  const pairs = Object.entries(req.query)
    .filter(([key]) => !without.includes(key))
    .flatMap(([key, value]) => [value].flat().map((one): [string, string] => [key, String(one)]));
  return new URLSearchParams(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
