import { type WatchBody, WatchSchema } from '../../contract/schemas/watch';
import { defined } from '../../domain/defined';
import { parseEvery, type Watch } from '../../domain/watch/watch';
import type { WatchUseCases } from '../../use-cases/watches/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import type { Links } from '../links';

export function getWatch(ask: Pick<WatchUseCases, 'getWatch'>): Handler<'getWatch'> {
  return async ({ params: { container }, links }) => ({
    status: 200,
    body: watchBody(await ask.getWatch(container), links),
  });
}

export function setWatch(ask: Pick<WatchUseCases, 'setWatch'>): Handler<'setWatch'> {
  return async ({ params: { container }, body: { every, approval, caps = {} }, links }) => {
    const everySeconds = parseEvery(every) ?? 0; // its schema has read it
    const watch = await ask.setWatch({ container, everySeconds, ...defined({ approval, ...caps }) });
    return { status: 200, body: watchBody(watch, links) };
  };
}

export function removeWatch(ask: Pick<WatchUseCases, 'removeWatch'>): Handler<'removeWatch'> {
  return async ({ params: { container } }) => {
    await ask.removeWatch(container);
    return { status: 204 };
  };
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
