import type { CosmosClient } from '@azure/cosmos';
import { NO_WORK } from '../../../src/domain/counters';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { streamQuery } from '../../../src/gateways/cosmos/page';
import { ensureCosmosSchema } from '../../../src/gateways/cosmos/schema';
import { createCosmosResults } from '../../../src/gateways/results/cosmos-results';
import type { ResultsGateway } from '../../../src/gateways/results/port';
import { createCosmosRuns } from '../../../src/gateways/runs/cosmos-runs';
import { COSMOS } from '../../../src/names';
import { COSMOS_KEY, type Cosmos, startCosmos } from './cosmos';
import { ACCOUNT, imageDocument } from './documents';
import { type FaultProxy, startFaultProxy } from '../../../packages/bench/src/fault-proxy';

describe('Cosmos gateways in trouble', () => {
  let cosmos: Cosmos;
  let proxy: FaultProxy;
  let client: CosmosClient;
  let results: ResultsGateway;
  let containers = 0;
  const newContainer = (): string => {
    containers += 1;
    return `faults-${containers}`;
  };
  const writes = () => proxy.requests.filter((line) => line.startsWith('POST') || line.startsWith('PUT')).length;

  beforeAll(async () => {
    cosmos = await startCosmos();
    proxy = await startFaultProxy(cosmos.settings.endpoint);
    client = createCosmosClient({ endpoint: proxy.url, key: COSMOS_KEY });
    results = createCosmosResults({ client, account: ACCOUNT });
    await results.save(imageDocument('faults', 'warm-up'), 'new');
  });
  afterAll(async () => {
    await results.close();
    client.dispose();
    await proxy.stop();
    await cosmos.stop();
  });

  test('a 429 is obeyed: the write waits as long as it is told, and succeeds', async () => {
    const throttled = { status: 429, headers: { 'x-ms-retry-after-ms': '80' } };
    proxy.arm(throttled, throttled);
    const startedAt = performance.now();
    expect(await results.save(imageDocument(newContainer(), 'a'), 'new')).toMatchObject({ saved: true });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(150);
  });

  test.each([408, 449, 500, 503])('a write that is answered %d is tried again', async (status) => {
    proxy.arm({ status });
    expect(await results.save(imageDocument(newContainer(), 'a'), 'new')).toMatchObject({ saved: true });
  });

  test('an answer that is no JSON counts as no answer', async () => {
    proxy.arm({ status: 502, body: '<html>Bad Gateway</html>' });
    expect(await results.save(imageDocument(newContainer(), 'a'), 'new')).toMatchObject({ saved: true });
  });

  test('a create whose answer is lost is saved once, with its version', async () => {
    const document = imageDocument(newContainer(), 'a');
    proxy.arm('lose-answer');
    const outcome = await results.save(document, 'new');
    const stored = await results.get(document.container, 'a');
    expect(outcome).toEqual({ saved: true, version: stored?.version });
    expect(stored?.document).toEqual(document);
  });

  test('a replacement whose answer is lost is saved', async () => {
    const document = imageDocument(newContainer(), 'a');
    const first = await results.save(document, 'new');
    proxy.arm('lose-answer');
    const second = { ...document, analyzedAt: '2026-02-02T00:00:00.000Z' };
    const outcome = await results.save(second, { version: first.saved ? first.version : '' });
    const stored = await results.get(document.container, 'a');
    expect(outcome).toEqual({ saved: true, version: stored?.version });
    expect(stored?.document).toEqual(second);
  });

  test('a batch whose answer is lost is saved, every member once', async () => {
    const container = newContainer();
    const documents = Array.from({ length: 20 }, (_, index) => imageDocument(container, `image-${index}`));
    proxy.arm('lose-answer');
    const before = writes();
    const outcomes = await Promise.all(documents.map((document) => results.save(document, 'new')));
    expect(outcomes.filter((outcome) => outcome.saved)).toHaveLength(20);
    expect(writes() - before).toBe(21);
    expect((await results.list(container, {}, { size: 100 })).value).toHaveLength(20);
  });

  test('a lost race is not mistaken for a lost answer', async () => {
    const document = imageDocument(newContainer(), 'a');
    await results.save(document, 'new');
    proxy.arm('reset');
    const other = imageDocument(document.container, 'a', { runId: 'f'.repeat(32) });
    expect(await results.save(other, 'new')).toEqual({ saved: false });
  });

  test('a store that stays away answers every save with an error that may be repeated', async () => {
    const container = newContainer();
    proxy.arm(...Array<'reset'>(5).fill('reset'));
    const documents = Array.from({ length: 10 }, (_, index) => imageDocument(container, `image-${index}`));
    const answers = await Promise.allSettled(documents.map((document) => results.save(document, 'new')));
    const unavailable = expect.objectContaining({ code: 'results-unavailable', retryable: true });
    expect(answers).toEqual(documents.map(() => ({ status: 'rejected', reason: unavailable })));
  });

  test.each([401, 403])('a refusal (%d) is an error that nobody repeats', async (status) => {
    const forbidden = expect.objectContaining({ code: 'results-forbidden', retryable: false });
    proxy.arm({ status });
    await expect(results.save(imageDocument(newContainer(), 'a'), 'new')).rejects.toEqual(forbidden);
    proxy.arm({ status });
    await expect(results.ping()).rejects.toEqual(forbidden);
  });

  test('a continuation that nobody gave out is the fault of the caller', async () => {
    for (const continuation of ['', 'not base64!', Buffer.from('{"x":1}').toString('base64url')]) {
      const page = results.list('faults', {}, { size: 10, continuation });
      await expect(page).rejects.toEqual(expect.objectContaining({ code: 'invalid-request' }));
    }
  });

  test('a query is one request, and one that would need a plan is refused', async () => {
    const before = proxy.requests.length;
    await results.list('faults', {}, { size: 10 });
    expect(proxy.requests.length - before).toBe(1);
    const images = client.database(COSMOS.database).container(COSMOS.images.id);
    const grouped = { partition: 'faults', query: 'SELECT COUNT(1) AS n FROM c GROUP BY c.status', doing: 'grouping' };
    const answer = (async () => {
      for await (const _ of streamQuery(images, grouped)) break;
    })();
    await expect(answer).rejects.toEqual(expect.objectContaining({ code: 'internal' }));
  });

  test('a final run stands although the answer of its write was lost', async () => {
    const runs = createCosmosRuns(client);
    const run = { ...NO_WORK, id: '1'.repeat(32), status: 'Completed', startedAt: '2026-01-01T00:00:00.000Z' } as never;
    proxy.arm('pass', 'lose-answer');
    await runs.write(run).catch(() => runs.write(run));
    expect(await runs.get('1'.repeat(32))).toEqual(run);
  });
});

describe('the Cosmos schema', () => {
  test('is created once, by however many start together, and left as it is', async () => {
    const cosmos = await startCosmos({ schema: false });
    try {
      await Promise.all([1, 2, 3].map(() => ensureCosmosSchema(cosmos.settings)));
      await ensureCosmosSchema(cosmos.settings);
      const client = createCosmosClient(cosmos.settings);
      const { resources } = await client.database(COSMOS.database).containers.readAll().fetchAll();
      client.dispose();
      expect(resources.map(({ id }) => id).sort()).toEqual([
        'Activity',
        'AnalysisCache',
        'EngineState',
        'ImageAnalysis',
        'Runs',
      ]);
      const engine = resources.find(({ id }) => id === COSMOS.engineState.id);
      expect(engine).toMatchObject({ defaultTtl: -1, partitionKey: { paths: ['/partitionKey'] } });
    } finally {
      await cosmos.stop();
    }
  });

  test('waits for a server that is starting', async () => {
    const probe = await startCosmos({ schema: false });
    const { port } = new URL(probe.settings.endpoint);
    await probe.stop();
    const creation = ensureCosmosSchema({ endpoint: `http://127.0.0.1:${port}`, key: COSMOS_KEY });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const cosmos = await startCosmos({ schema: false, port: Number(port) });
    try {
      await creation;
    } finally {
      await cosmos.stop();
    }
  });

  test('on an account of 1,000 RU/s five containers have no room unless they share one throughput', async () => {
    const cosmos = await startCosmos({ schema: false, throughputLimit: 1_000 });
    const client = createCosmosClient(cosmos.settings);
    const shared = { kind: 'shared', ruPerSecond: 1_000 } as const;
    try {
      const refused = expect.objectContaining({ code: 'results-forbidden', retryable: false });
      const first = ensureCosmosSchema(cosmos.settings);
      await expect(first).rejects.toEqual(refused);
      await expect(first).rejects.toThrow(/400\/1028.*COSMOS_THROUGHPUT=shared:1000.*delete the database/);
      // The database that the failed start has made has nothing to share.
      const second = ensureCosmosSchema({ ...cosmos.settings, throughput: shared });
      await expect(second).rejects.toEqual(refused);
      await expect(second).rejects.toThrow(/made without a throughput.*Delete the database/);
      await client.database(COSMOS.database).delete();
      await ensureCosmosSchema({ ...cosmos.settings, throughput: shared });
      await ensureCosmosSchema({ ...cosmos.settings, throughput: { kind: 'autoscale', ruPerSecond: 4_000 } });
      const { resources } = await client.offers.readAll().fetchAll();
      expect(resources.map(({ content }) => content?.offerThroughput)).toEqual([1_000]);
    } finally {
      client.dispose();
      await cosmos.stop();
    }
  });

  test.each([
    [{ kind: 'autoscale', ruPerSecond: 1_000 } as const, [100]],
    [{ kind: 'each', ruPerSecond: 500 } as const, [500, 500, 500, 500, 500]],
    [undefined, [400, 400, 400, 400, 400]],
  ])('is made with the throughput %j', async (throughput, offers) => {
    const cosmos = await startCosmos({ schema: false });
    const client = createCosmosClient(cosmos.settings);
    try {
      await ensureCosmosSchema({ ...cosmos.settings, throughput });
      const { resources } = await client.offers.readAll().fetchAll();
      expect(resources.map(({ content }) => content?.offerThroughput)).toEqual(offers);
    } finally {
      client.dispose();
      await cosmos.stop();
    }
  });

  test('without it nothing is known of a run', async () => {
    const cosmos = await startCosmos();
    const client = createCosmosClient(cosmos.settings);
    try {
      await client.database(COSMOS.database).delete();
      const gone = expect.objectContaining({ code: 'results-unavailable', retryable: true });
      await expect(createCosmosRuns(client).get('1'.repeat(32))).rejects.toEqual(gone);
    } finally {
      client.dispose();
      await cosmos.stop();
    }
  });

  test('does not wait when the key is wrong', async () => {
    const cosmos = await startCosmos({ schema: false });
    const key = Buffer.from('another key').toString('base64');
    try {
      const creation = ensureCosmosSchema({ ...cosmos.settings, key });
      await expect(creation).rejects.toEqual(expect.objectContaining({ code: 'results-forbidden' }));
    } finally {
      await cosmos.stop();
    }
  });
});
