import { WatchSchema } from '../../src/contract/schemas/watch';
import { runId } from './fake-use-cases';
import { aPublicApp, expectProblem, expectShape } from './listening';

const WATCH = '/api/v1/containers/photos/watch';

function aWatched(publicUrl = 'http://p') {
  const shell = aPublicApp({ publicUrl });
  return { ...shell, watches: shell.useCases.settings.watches };
}

test('a container is watched, shown, and watched no longer', async () => {
  const { api, watches } = aWatched();
  const set = await api.put(WATCH).send({ every: 'PT15M', approval: { above: 5 }, caps: { maxTransactions: 400 } });
  expect(set.status).toBe(200);
  const shown = expectShape(set.body, WatchSchema);
  expect(shown).toEqual({
    ...{ container: 'photos', every: 900, approval: { above: 5 }, caps: { maxTransactions: 400 } },
    since: '2026-01-02T03:04:05.000Z',
    links: { self: `http://p${WATCH}`, container: 'http://p/api/v1/containers/photos' },
  });
  expect((await api.get(WATCH)).body).toEqual(shown);
  expect(watches.get('photos')).toMatchObject({ everySeconds: 900, maxTransactions: 400 });
  for (const _ of [1, 2]) {
    const removed = await api.delete(WATCH);
    expect([removed.status, removed.text]).toEqual([204, '']);
  }
  expectProblem(await api.get(WATCH), 'watch-not-found');
});

test('the last look is shown with its run, and nothing that is only kept', async () => {
  const { api, watches } = aWatched();
  const found = { new: 2, changed: 0, missing: 0, ineligible: 0 };
  watches.set('photos', {
    ...{ container: 'photos', everySeconds: 60, since: '2026-01-02T03:04:05.000Z', wokenAtMs: 1 },
    lastLook: { at: '2026-01-02T03:05:05.000Z', outcome: 'started', run: runId(1), found },
    lastStart: { run: runId(1), found },
    left: { found, untilMs: 1 },
  });
  const body = expectShape((await api.get(WATCH)).body, WatchSchema);
  expect(body.lastLook).toMatchObject({ outcome: 'started', run: runId(1), found });
  expect(body.links.run).toBe(`http://p/api/v1/runs/${runId(1)}`);
});

test.each([
  [{}, '/body/every'],
  [{ every: 59 }, '/body/every'],
  [{ every: 61.5 }, '/body/every'],
  [{ every: 'often' }, '/body/every'],
  [{ every: null }, '/body/every'],
  [{ every: 60, approval: 'never' }, '/body/approval'],
  [{ every: 60, caps: { maxTransactions: -1 } }, '/body/caps/maxTransactions'],
  [{ every: 60, caps: { most: 1 } }, '/body/caps/most'],
  [{ every: 60, maxTransactions: 1 }, '/body/maxTransactions'],
  [{ every: 60, prefix: 'a/' }, '/body/prefix'],
])('%j is refused', async (body, pointer) => {
  const { api, watches } = aWatched();
  const problem = expectProblem(await api.put(WATCH).send(body), 'invalid-request');
  expect(problem.errors?.[0]?.pointer).toBe(pointer);
  expect(problem.detail).not.toMatch(/Invalid input$/);
  expect(watches.size).toBe(0);
});

test('what cannot be watched is refused', async () => {
  const { api } = aWatched();
  const every = { every: 60 };
  expectProblem(await api.put('/api/v1/containers/nowhere/watch').send(every), 'container-not-found');
  const name = expectProblem(await api.put('/api/v1/containers/No/watch').send(every), 'invalid-container-name');
  expect(name.errors?.[0]?.pointer).toBe('/path/container');
  expectProblem(await api.delete('/api/v1/containers/contactsheet-manifests/watch'), 'system-container');
  expectProblem(await api.put(WATCH).set('Sec-Fetch-Site', 'cross-site').send(every), 'cross-site');
  expectProblem(await api.delete(WATCH).set('Sec-Fetch-Site', 'cross-site'), 'cross-site');
  const refused = await api.post(WATCH);
  expectProblem(refused, 'method-not-allowed');
  expect(refused.get('Allow')).toBe('GET, PUT, DELETE, HEAD');
});
