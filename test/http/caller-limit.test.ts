import fc from 'fast-check';
import request from 'supertest';
import type { Principal } from '../../src/domain/access/principal';
import type { Recognize } from '../../src/domain/access/recognition';
import type { Listener } from '../../src/http/access/shown';
import { createAppChannel } from '../../src/http/app-channel';
import { provenCallers } from '../../src/http/authorize';
import { BURST_SECONDS, type CallerLimit, limitCallers } from '../../src/http/caller-limit';
import { createPublicApp } from '../../src/http/public-server';
import { fakeUseCases } from './fake-use-cases';
import { aPublicApp, expectDurableError, expectProblem, recordedLog } from './listening';

/** One caller cannot keep the API from the others. Time stands still but where a test moves it. */

const PER_SECOND = 2;
const AT_ONCE = PER_SECOND * (1 + BURST_SECONDS);

beforeEach(() => {
  const doNotFake = ['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval'] as const;
  jest.useFakeTimers({ doNotFake: [...doNotFake, 'clearImmediate', 'clearInterval'], now: 1_000_000 });
});
afterEach(() => jest.useRealTimers());

/** Bearers are `HOW NAME`, with a dot between. */
const recognize: Recognize = async ({ bearer }) => {
  if (bearer === undefined) return { kind: 'absent' };
  if (bearer === 'wrong') return { kind: 'refused', reason: 'The key is not known.' };
  const [how = '', name = ''] = bearer.split('.');
  return { kind: 'known', principal: { name, how: how as Principal['how'], roles: ['admin'] } };
};

function aService(limit: CallerLimit, listener: Listener = 'public') {
  const useCases = fakeUseCases();
  const asked = jest.spyOn(useCases, 'listRuns');
  const { log } = recordedLog();
  const authorize = provenCallers({ recognize, listener, records: useCases, limit });
  const channel = createAppChannel({
    ...{ useCases, log, authorize, publicUrl: 'http://localhost:8080', isDraining: () => false },
    events: { onRunEvent: async () => 'SUCCESS' },
    blobEvents: { onBlobCreated: async () => {} },
  });
  const { app, finish } = listener === 'public' ? createPublicApp({ useCases, log, authorize }) : channel;
  finish();
  const ask = (who: string, path = '/api/v1/runs') => {
    const get = request(app).get(path);
    return who === '' ? get : get.set('Authorization', `Bearer ${who}`);
  };
  return { ask, asked, app };
}

async function times(count: number, ask: () => PromiseLike<request.Response>): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n += 1) statuses.push((await ask()).status);
  return statuses;
}

const all = (status: number, count = AT_ONCE) => Array.from({ length: count }, () => status);

test('whoever asks too often is told when to ask again, and nothing happens; others do not notice', async () => {
  const { ask, asked } = aService(limitCallers({ perSecond: PER_SECOND }));
  expect(await times(AT_ONCE, () => ask('key.ada'))).toEqual(all(200));
  asked.mockClear();
  const refused = await ask('key.ada');
  expectProblem(refused, 'rate-limited');
  expect([refused.get('retry-after'), asked.mock.calls]).toEqual(['1', []]);
  expectDurableError(await ask('key.ada', '/runtime/webhooks/durabletask/instances'), 'rate-limited');
  expect(await times(1, () => ask('key.bob'))).toEqual([200]);
  expect(await times(1, () => ask('oidc.ada'))).toEqual([200]);
});

test('whoever waits is heard at the rate, and after a minute as often as at first', async () => {
  const { ask } = aService(limitCallers({ perSecond: PER_SECOND }));
  await times(AT_ONCE + 5, () => ask('key.ada'));
  jest.advanceTimersByTime(1_000);
  expect(await times(PER_SECOND + 1, () => ask('key.ada'))).toEqual([...all(200, PER_SECOND), 429]);
  jest.advanceTimersByTime(60_000);
  expect(await times(AT_ONCE + 1, () => ask('key.ada'))).toEqual([...all(200), 429]);
});

test('whoever is not known counts by address, with a wrong key and for public pages too; the known do not notice', async () => {
  const { ask } = aService(limitCallers({ perSecond: PER_SECOND }));
  expect(await times(AT_ONCE - 2, () => ask(''))).toEqual(all(401, AT_ONCE - 2));
  expect(await times(1, () => ask('wrong'))).toEqual([401]);
  expect(await times(1, () => ask('', '/docs/errors'))).toEqual([200]);
  for (const who of ['', 'wrong']) expectProblem(await ask(who), 'rate-limited');
  expectProblem(await ask('key.ada', '/docs/errors'), 'rate-limited');
  expect(await times(1, () => ask('key.ada'))).toEqual([200]);
});

test.each(['/livez', '/readyz', '/healthz'])('the probe %s is always answered', async (path) => {
  const { ask } = aService(limitCallers({ perSecond: 1 }));
  const { api } = aPublicApp({ limit: limitCallers({ perSecond: 1 }) });
  expect(await times(20, () => ask('', path))).toEqual(all(200, 20));
  expect(await times(20, () => api.get(path))).toEqual(all(200, 20));
  expect(await times(1, () => ask(''))).toEqual([401]);
});

test('both listeners count a caller together; through the sidecar the unknown count by application', async () => {
  const limit = limitCallers({ perSecond: PER_SECOND });
  const [direct, mesh] = [aService(limit), aService(limit, 'app-channel')];
  await times(AT_ONCE - 1, () => direct.ask('key.ada'));
  expect(await times(2, () => mesh.ask('key.ada'))).toEqual([200, 429]);
  const from = (app: string) => mesh.ask('').set('dapr-caller-app-id', app);
  expect(await times(AT_ONCE + 1, () => from('one'))).toEqual([...all(401), 429]);
  expect(await times(1, () => from('two'))).toEqual([401]);
});

test('where nobody proves who they are, an address counts, whatever names it claims', async () => {
  const { api } = aPublicApp({ limit: limitCallers({ perSecond: PER_SECOND }) });
  const claiming = (n: number) => api.get('/api/v1/runs').set('x-contactsheet-user', `user-${n}`);
  let n = 0;
  expect(await times(AT_ONCE + 1, () => claiming(n++))).toEqual([...all(200), 429]);
});

test('without a limit nobody is refused', async () => {
  const { api } = aPublicApp();
  expect(await times(150, () => api.get('/api/v1/runs'))).toEqual(all(200, 150));
});

describe('limitCallers', () => {
  const isHeard = (limit: CallerLimit, who: string) =>
    limit(who).then(
      () => true,
      () => false,
    );

  test('knows so many callers at most, and forgets the one that was silent for longest', async () => {
    const limit = limitCallers({ perSecond: 1, callers: 2 });
    for (const who of ['a', 'b']) for (let n = 0; n < 7; n += 1) await isHeard(limit, who);
    expect(await isHeard(limit, 'a')).toBe(false);
    expect(await isHeard(limit, 'c')).toBe(true); // b was silent for longest
    expect(await isHeard(limit, 'a')).toBe(false);
    expect(await isHeard(limit, 'b')).toBe(true);
  });

  test('keeps no memory of callers that were forgotten', async () => {
    const limit = limitCallers({ perSecond: 1, callers: 10 });
    for (let n = 0; n < 1_000; n += 1) for (let each = 0; each < 3; each += 1) await isHeard(limit, `caller ${n}`);
    expect(jest.getTimerCount()).toBeLessThanOrEqual(20); // one for each of two counts of a known caller
  });

  test('hears no caller more often than its rate and one burst a minute, and never less often than its rate', async () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 1, max: 20 })), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(moves, fc.integer({ min: 1, max: 5 }), async (all, perSecond) => {
        const limit = limitCallers({ perSecond });
        let [heard, elapsedMs] = [0, 0];
        for (const [waitMs, requests] of all) {
          jest.advanceTimersByTime(waitMs);
          elapsedMs += waitMs;
          let now = 0;
          for (let n = 0; n < requests; n += 1) if (await isHeard(limit, 'ada')) now += 1;
          heard += now;
          if (waitMs >= 1_000) expect(now).toBeGreaterThanOrEqual(Math.min(requests, perSecond));
        }
        const windows = Math.floor(elapsedMs / 1_000) + 1;
        const bursts = Math.floor(elapsedMs / 60_000) + 1;
        expect(heard).toBeLessThanOrEqual(perSecond * (windows + bursts * BURST_SECONDS));
      }),
      { numRuns: 50 },
    );
  });
});
