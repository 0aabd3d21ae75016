import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAzureVision32 } from '../../../src/gateways/vision/azure-vision-32';
import type { VisionFailure, VisionGateway, VisionOutcome } from '../../../src/gateways/vision/port';
import type { FaultInput } from '../../../packages/dev-vision/src/fault';
import { type LocalVision, startLocalVision } from '../../../packages/dev-vision/src/server';
import { picture } from './suite';

/** Guarantee: whatever a service or the network does, a call ends in time with the right code, once. */

const KEY = 'faults-key';
const TIMEOUT_MS = 400;
const FEATURES = ['Categories', 'Description', 'Tags', 'Color'];

let service: LocalVision;
let gateway: VisionGateway;
let image: Buffer;

beforeAll(async () => {
  service = await startLocalVision({ port: 0, key: KEY });
  gateway = createAzureVision32({ endpoint: service.endpoint, key: KEY, features: FEATURES, timeoutMs: TIMEOUT_MS });
  image = await picture();
  await gateway.analyze(image); // loads what the first picture loads
});

afterAll(async () => {
  gateway.close();
  await service.close();
});

async function stats(): Promise<{ readonly inFlight: number }> {
  return (await (await fetch(`${service.endpoint}/stats`)).json()) as { inFlight: number };
}

async function arm(fault: FaultInput): Promise<void> {
  await fetch(`${service.endpoint}/_dev/faults`, { method: 'DELETE' });
  const response = await fetch(`${service.endpoint}/_dev/faults`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(fault),
  });
  expect(response.status).toBe(200);
}

async function analyzeWith(behaviour: string): Promise<VisionOutcome> {
  await arm({ behaviour });
  const outcome = await gateway.analyze(image);
  const { faults } = (await (await fetch(`${service.endpoint}/_dev/faults`)).json()) as { faults: { fired: number }[] };
  expect(faults).toEqual([expect.objectContaining({ behaviour, fired: 1 })]); // fired, and the call was not repeated
  return outcome;
}

describe('an answer of another status', () => {
  it.each([
    ['status-400', 'vision-rejected', false],
    ['status-401', 'vision-unauthorized', false],
    ['status-403', 'vision-forbidden', false],
    ['status-404', 'vision-not-found', false],
    ['status-408', 'vision-timeout', true],
    ['status-409', 'vision-rejected', false],
    ['status-413', 'vision-invalid-size', false],
    ['status-415', 'vision-invalid-format', false],
    ['status-500', 'vision-unavailable', true],
    ['status-503', 'vision-unavailable', true],
    ['redirect', 'vision-bad-response', false],
  ])('%s is %s', async (behaviour, code, retryable) => {
    const outcome = (await analyzeWith(behaviour)) as VisionFailure;
    expect(outcome).toMatchObject({ ok: false, code, retryable });
    expect(outcome.httpStatus).toBe(behaviour === 'redirect' ? 302 : Number(behaviour.slice(7)));
  });
});

describe('a throttled call', () => {
  it.each([
    ['429', 1000],
    ['429-3', 3000],
    ['429-zero', 0],
    ['429-huge', 1_000_000_000],
    ['429-no-header', undefined],
  ])('%s waits %s ms', async (behaviour, retryAfterMs) => {
    const outcome = (await analyzeWith(behaviour)) as VisionFailure;
    expect(outcome).toMatchObject({ code: 'vision-throttled', retryable: true });
    expect(outcome.retryAfterMs).toBe(retryAfterMs);
  });

  it('understands a date', async () => {
    const { retryAfterMs } = (await analyzeWith('429-date')) as VisionFailure;
    expect(retryAfterMs).toBeGreaterThan(500);
    expect(retryAfterMs).toBeLessThanOrEqual(2000);
  });
});

describe('a 200 that no Vision sends', () => {
  it.each(['html-200', 'truncated-json', 'proto', 'wrong-type', 'nan', 'empty-200', 'huge-json'])(
    '%s is a bad response and not asked again',
    async (behaviour) => {
      expect(await analyzeWith(behaviour)).toMatchObject({ ok: false, code: 'vision-bad-response', retryable: false });
    },
  );
});

describe('a connection that fails', () => {
  it.each(['reset', 'reset-after', 'cut-body'])('%s is the network', async (behaviour) => {
    expect(await analyzeWith(behaviour)).toMatchObject({ ok: false, code: 'vision-network', retryable: true });
  });

  it.each(['hang', 'slow-loris'])('%s ends at the deadline, its socket closed and its slot free', async (behaviour) => {
    const startedAt = performance.now();
    expect(await analyzeWith(behaviour)).toMatchObject({ ok: false, code: 'vision-timeout', retryable: true });
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 20);
    expect(tookMs).toBeLessThan(TIMEOUT_MS * 3);
    for (let tries = 0; (await stats()).inFlight !== 0 && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await stats()).inFlight).toBe(0);
    expect(await gateway.analyze(image)).toMatchObject({ ok: true });
  });

  it('no TLS where TLS is expected is the network', async () => {
    const endpoint = service.endpoint.replace('http:', 'https:');
    const secure = createAzureVision32({ endpoint, key: KEY, features: FEATURES, timeoutMs: TIMEOUT_MS });
    expect(await secure.analyze(image)).toMatchObject({ code: 'vision-network', retryable: true });
    secure.close();
  });

  it('nobody listening is the network', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    const nobody = createAzureVision32({ endpoint: `http://127.0.0.1:${port}`, key: KEY, features: FEATURES });
    expect(await nobody.analyze(image)).toMatchObject({
      code: 'vision-network',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    nobody.close();
  });
});

describe('an error without the `error` wrapper, as the description of 3.2 declares it', () => {
  it('is read like the wrapped one', async () => {
    const inner = {
      code: 'InvalidRequest',
      message: 'outer',
      requestId: 'r-1',
      innererror: { code: 'InvalidImageSize', message: 'too small' },
    };
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify(inner));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const plain = createAzureVision32({ endpoint: `http://127.0.0.1:${port}`, key: KEY, features: FEATURES });
    expect(await plain.analyze(image)).toMatchObject({
      code: 'vision-invalid-size',
      requestId: 'r-1',
      message: 'Vision answered 400 InvalidImageSize: too small',
    });
    plain.close();
    server.closeAllConnections();
    server.close();
  });
});

it('an armed share of the calls fails, evenly', async () => {
  await arm({ behaviour: 'status-500', times: 1000, share: 0.3 });
  const outcomes: boolean[] = [];
  for (let i = 0; i < 20; i += 1) outcomes.push((await gateway.analyze(image)).ok);
  expect(outcomes.filter((ok) => !ok)).toHaveLength(6);
  await fetch(`${service.endpoint}/_dev/faults`, { method: 'DELETE' });
});
