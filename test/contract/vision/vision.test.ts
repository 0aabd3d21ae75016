import { createMemoryVision, createVision, type VisionApiVersion } from '../../../src/gateways/vision';
import type { VisionOutcome } from '../../../src/gateways/vision/port';
import { startLocalVision } from '../../../packages/dev-vision/src/server';
import { describeVisionContract, type VisionUnderTest } from './suite';

async function overHttp(apiVersion: VisionApiVersion, features: VisionUnderTest['features']): Promise<VisionUnderTest> {
  const service = await startLocalVision({ port: 0, key: 'contract-key' });
  const gateway = createVision({ endpoint: service.endpoint, key: 'contract-key', apiVersion, features });
  const arm = async (behaviour: string): Promise<void> => {
    const response = await fetch(`${service.endpoint}/_dev/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ behaviour }),
    });
    expect(response.status).toBe(200);
  };
  return {
    gateway,
    features,
    throttleNextCall: () => arm('429'),
    hangNextCall: () => arm('hang'),
    async answersFor(hash) {
      const stats = (await (await fetch(`${service.endpoint}/stats?detail=hashes`)).json()) as {
        byHash: Record<string, number>;
      };
      return stats.byHash[hash] ?? 0;
    },
    async close() {
      gateway.close();
      await service.close();
    },
  };
}

describeVisionContract('Analyze Image 3.2 on the local service', () =>
  overHttp('3.2', ['Tags', 'Description', 'Categories', 'Color']),
);

describeVisionContract('Image Analysis 4.0 on the local service', () => overHttp('4.0', ['tags', 'caption']));

describeVisionContract('Image Analysis 4.0 with smart crops on the local service', () =>
  overHttp('4.0', ['tags', 'smartCrops:0.90:1.33', 'caption']),
);

describeVisionContract('the fake in memory', async () => {
  const throttled: VisionOutcome = {
    ok: false,
    code: 'vision-throttled',
    message: 'scripted',
    httpStatus: 429,
    retryable: true,
    retryAfterMs: 1000,
  };
  const failed = new Map<string, number>();
  const gateway = createMemoryVision();
  const next = (outcome: VisionOutcome | Promise<VisionOutcome>): Promise<void> => {
    gateway.script((call) => {
      gateway.script(() => undefined);
      failed.set(call.contentHash, (failed.get(call.contentHash) ?? 0) + 1);
      return outcome;
    });
    return Promise.resolve();
  };
  return {
    gateway,
    features: ['Tags', 'Description', 'Categories', 'Color'],
    throttleNextCall: () => next(throttled),
    hangNextCall: () => next(new Promise(() => undefined)),
    answersFor: async (hash) => (gateway.callsByHash.get(hash) ?? 0) - (failed.get(hash) ?? 0),
    close: async () => gateway.close(),
  };
});
