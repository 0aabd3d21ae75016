import type { Router } from 'express';
import { parseEvery, type Watch } from '../../domain/watch/watch';
import type { RouteDeps } from '../route-deps';
import { bodyOrEmpty } from '../json-body';
import type { Links } from '../links';
import { serve } from '../route';
import { onlyFields } from '../field-order';
import { SetWatchBody, type WatchBody, WatchSchema } from '../../contract/schemas/watch';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';

export function watchRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/watch', {
    GET: async (req, res) => {
      const container = containerParam(req);
      noQuery(req.query);
      res.json(watchBody(await useCases.getWatch(container), links.for(req)));
    },
    PUT: async (req, res) => {
      const container = containerParam(req);
      noQuery(req.query);
      const { every, approval, caps = {} } = parsePart(SetWatchBody, 'body', bodyOrEmpty(req));
      const { maxTransactions } = caps;
      const watch = await useCases.setWatch({
        container,
        everySeconds: parseEvery(every) ?? 0,
        ...(approval !== undefined && { approval }),
        ...(maxTransactions !== undefined && { maxTransactions }),
      });
      res.json(watchBody(watch, links.for(req)));
    },
    DELETE: async (req, res) => {
      const container = containerParam(req);
      noQuery(req.query);
      await useCases.removeWatch(container);
      res.status(204).end();
    },
  });
}

function watchBody(watch: Watch, links: Links): WatchBody {
  const { container, everySeconds, maxTransactions, lastLook } = watch;
  const run = lastLook?.run;
  const caps = maxTransactions === undefined ? {} : { caps: { maxTransactions } };
  return {
    ...onlyFields({ ...watch, every: everySeconds, ...caps }, WatchSchema),
    links: {
      self: links.watch(container),
      container: links.container(container),
      ...(run !== undefined && { run: links.run(run) }),
    },
  };
}
