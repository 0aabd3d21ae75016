/** What actors are told is read before it counts: junk is refused with an Outcome, and nothing that is stored changes. */
import type { ActorId, DaprClient } from '@dapr/dapr';
import fc from 'fast-check';
import { createActors } from '../../../src/actors';
import type { ActorSidecar } from '../../../src/actors/dapr-actors';
import type { Outcome } from '../../../src/domain/outcome';
import { NO_PROGRESS } from '../../../src/domain/run/chunk-progress';
import { ACTORS } from '../../../src/names';

const RUN = '01a22ad8a659724d80930f1858e7d123';
const OTHER = '01a22ad8a659724d80930f1858e7d124';
const RESOURCE = 'vision';
const REQUEST = {
  id: RUN,
  container: 'photos',
  prefix: '',
  features: ['Tags'],
  confirmShrink: false,
  startedAt: '2026-11-30T05:00:00.000Z',
};

type Hosted = Record<string, (input: unknown) => Promise<Outcome<unknown>>>;

/** All three actors over a store in memory, called as the SDK calls them. */
function createHosts() {
  const store = new Map<string, string>();
  const hosts = new Map<string, Hosted>();
  const at = (type: string, id: string, key: string) => `${type}/${id}/${key}`;
  const sidecar: ActorSidecar = {
    invokeActor: async (type, id, method, body) => JSON.parse(JSON.stringify(await hosted(type, id)[method]?.(body))),
    readActorState: async (type, id, key) => {
      const text = store.get(at(type, id, key));
      return text === undefined ? undefined : JSON.parse(text);
    },
    async writeActorState(type, id, changes) {
      for (const [key, value] of Object.entries(changes)) {
        if (value === undefined) store.delete(at(type, id, key));
        else store.set(at(type, id, key), JSON.stringify(value));
      }
    },
  };
  let now = Date.parse('2026-11-30T05:00:00Z');
  const clock = { nowMs: () => now, monotonicMs: () => now };
  const actors = createActors(sidecar, clock, { resource: RESOURCE, defaults: { monthlyTransactions: 100 } });
  function hosted(type: string, id: string): Hosted {
    const known = hosts.get(`${type}/${id}`);
    if (known) return known;
    const Host = actors.hosted.find(({ name }) => name === type);
    if (!Host) throw new Error(`${type} is not hosted.`);
    const made = new Host(
      { actor: {}, options: {} } as unknown as DaprClient,
      { getId: () => id } as unknown as ActorId,
    );
    hosts.set(`${type}/${id}`, made as Hosted);
    return made as Hosted;
  }
  return {
    actors,
    call: (type: string, id: string, method: string, input?: unknown) => hosted(type, id)[method]?.(input),
    stored: () => JSON.stringify([...store]),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const refused = { ok: false, error: { code: 'invalid-request', retryable: false } };

describe('a quota whose month has 40 of 100 spent', () => {
  async function spent() {
    const hosts = createHosts();
    const lease = { runId: RUN, asker: 'a', container: 'photos', want: 40, transactionsPerCall: 1, counted: true };
    expect(await hosts.call(ACTORS.visionQuota, RESOURCE, 'lease', lease)).toMatchObject({
      ok: true,
      value: { calls: 40 },
    });
    return hosts;
  }

  test.each([
    ['giveBack', {}],
    ['giveBack', { container: 'photos' }],
    ['giveBack', { container: 'photos', transactions: -10 }],
    ['giveBack', { container: 'photos', transactions: '40' }],
    ['giveBack', { container: 'photos', transactions: 1e300 }],
    ['giveBack', { container: '__proto__', transactions: 1 }],
    ['giveBack', [{ container: 'photos', transactions: 1 }]],
    ['giveBack', null],
    ['giveBack', 'photos'],
    ['configure', { monthlyTransactions: -1 }],
    ['configure', { monthlyTransactions: 'all' }],
    ['configure', { monthlyTransactions: 1e20 }],
    ['configure', { ratePerSecond: 0 }],
    ['configure', { ratePerSecond: 1e9 }],
    ['configure', { weights: { [RUN]: -1 } }],
    ['configure', { weights: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`run-${i}`, 1])) }],
    ['configure', { pausedUntil: '2030-01-01' }],
    ['throttled', { retryAfterMs: 1e15 }],
    ['throttled', { retryAfterMs: -1 }],
    ['throttled', {}],
    ['lease', { runId: RUN, asker: 'a', container: 'photos', want: 1, transactionsPerCall: -5 }],
    ['lease', { runId: RUN, asker: 'a', container: 'photos', want: -1e9, transactionsPerCall: 1 }],
  ])('refuses %s %j', async (method, input) => {
    const hosts = await spent();
    const before = hosts.stored();
    expect(await hosts.call(ACTORS.visionQuota, RESOURCE, method, input)).toMatchObject(refused);
    expect(hosts.stored()).toBe(before);
    const view = await hosts.actors.quota().view();
    expect(view.ledger.transactions).toBe(40);
    expect(view.settings).toEqual({ monthlyTransactions: 100 });
  });

  test('takes what the product sends, and no field that nobody knows', async () => {
    const hosts = await spent();
    await hosts.actors.quota().giveBack({ container: 'photos', transactions: 5 });
    await hosts.actors.quota().throttled({ retryAfterMs: 1_500 });
    const change = { monthlyTransactions: null, ratePerSecond: 0.5, weights: { [RUN]: 2 }, pausedUntil: null };
    expect(
      await hosts.call(ACTORS.visionQuota, RESOURCE, 'configure', { ...change, ledger: { transactions: 0 } }),
    ).toMatchObject({ ok: true, value: { ledger: { transactions: 35 }, settings: { ratePerSecond: 0.5 } } });
    expect(hosts.stored()).not.toContain('"changed":{"ledger"');
  });
});

describe('a run', () => {
  test.each([
    ['another id', { ...REQUEST, id: OTHER }],
    ['no id', { ...REQUEST, id: 'mine' }],
    ['a container that has no such name', { ...REQUEST, container: '../photos' }],
    ['a container of the system', { ...REQUEST, container: 'contactsheet-manifests' }],
    ['a cap below zero', { ...REQUEST, maxTransactions: -1 }],
    ['no features', { ...REQUEST, features: 'Tags' }],
    ['a start that is no time', { ...REQUEST, startedAt: 'yesterday' }],
    ['nothing', {}],
  ])('is not begun with %s', async (_, request) => {
    const hosts = createHosts();
    expect(await hosts.call(ACTORS.run, RUN, 'begin', request)).toMatchObject(refused);
    expect(hosts.stored()).toBe('[]');
  });

  test('is not begun under an id that no run has', async () => {
    const hosts = createHosts();
    expect(await hosts.call(ACTORS.run, 'any', 'begin', { ...REQUEST, id: 'any' })).toMatchObject(refused);
    expect(hosts.stored()).toBe('[]');
  });

  test.each([
    ['approve', { maxTransactions: -1 }],
    ['approve', { who: { name: 'chief-financial-officer' } }],
    ['command', { verb: 'spend' }],
    ['command', { verb: 'resume', maxTransactions: 0.5 }],
    ['setPhase', { phase: 'done!' }],
    ['pageListed', { page: -1, counts: {}, settled: 0 }],
    ['quote', { quote: {}, mayRemove: true }],
    ['openChunk', { ref: { runId: OTHER, page: 0, chunk: 0 }, attempt: 'a' }],
    ['openChunk', { ref: { runId: RUN, page: 1.5, chunk: 0 }, attempt: 'a' }],
    ['closeChunk', { ref: { runId: RUN, page: 0, chunk: 0 }, attempt: 'a', complete: true, progress: {} }],
    [
      'closeChunk',
      {
        ref: { runId: RUN, page: 0, chunk: 0 },
        attempt: 'a',
        complete: true,
        progress: { ...NO_PROGRESS, transactions: -40 },
      },
    ],
    ['report', { chunks: [{ ref: { runId: OTHER, page: 0, chunk: 0 }, attempt: 'a', progress: NO_PROGRESS }] }],
    ['report', { chunks: [], unused: -10 }],
    ['report', {}],
    ['retried', { by: 'me' }],
    ['seal', { failure: 7 }],
  ])('that has begun refuses %s %j', async (method, input) => {
    const hosts = createHosts();
    await hosts.actors.run(RUN).begin(REQUEST);
    const before = hosts.stored();
    expect(await hosts.call(ACTORS.run, RUN, method, input)).toMatchObject(refused);
    expect(hosts.stored()).toBe(before);
  });
});

describe('a container', () => {
  test.each([
    ['beginRun', { runId: 'anything' }],
    ['beginRun', {}],
    ['endRun', { runId: '__proto__' }],
    ['applyChunk', { ref: { runId: RUN, page: 0, chunk: 0 }, delta: { 'i:succeeded': 1.5 }, complete: true }],
    ['applyChunk', { ref: { runId: RUN, page: 0, chunk: 0 }, delta: { constructor: 1 }, complete: true }],
    ['replaceAggregate', { runId: RUN, counters: { 'i:succeeded': null } }],
    ['repair', { counters: [] }],
  ])('refuses %s %j', async (method, input) => {
    const hosts = createHosts();
    await hosts.actors.container('photos').beginRun({ runId: RUN });
    const before = hosts.stored();
    expect(await hosts.call(ACTORS.container, 'photos', method, input)).toMatchObject(refused);
    expect(hosts.stored()).toBe(before);
  });

  test('of a name that no container has is not blocked', async () => {
    const hosts = createHosts();
    expect(await hosts.call(ACTORS.container, 'No Name', 'beginRun', { runId: RUN })).toMatchObject(refused);
    expect(hosts.stored()).toBe('[]');
  });
});

test('whatever is sent to whatever method: an Outcome, and no state that cannot be read again', async () => {
  const methods = [ACTORS.container, ACTORS.run, ACTORS.visionQuota].flatMap((type) => {
    const api = createHosts().actors;
    const of = {
      [ACTORS.container]: api.container('photos'),
      [ACTORS.run]: api.run(RUN),
      [ACTORS.visionQuota]: api.quota(),
    };
    return Object.keys(of[type] ?? {}).map((method) => ({ type, method }));
  });
  expect(methods.length).toBe(33);
  const idOf: Record<string, string> = {
    [ACTORS.container]: 'photos',
    [ACTORS.run]: RUN,
    [ACTORS.visionQuota]: RESOURCE,
  };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...methods), fc.jsonValue(), async ({ type, method }, input) => {
      const hosts = createHosts();
      await hosts.actors.run(RUN).begin(REQUEST);
      const outcome = await hosts.call(type, idOf[type] ?? '', method, input);
      expect(outcome?.ok === true || outcome?.ok === false).toBe(true);
      expect((await hosts.actors.run(RUN).view()).run?.container).toBe('photos');
      const { ledger } = await hosts.actors.quota().view();
      expect([ledger.transactions, ledger.byContainer]).toEqual([0, {}]);
    }),
    { numRuns: 500 },
  );
});
