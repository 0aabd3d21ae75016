import { checkHealth } from '../../../src/use-cases/health/check-health';

const healthOf = (outbound: boolean, isConnected: boolean, ping: () => Promise<void> = async () => {}) =>
  checkHealth({ sidecar: { outboundHealthy: async () => outbound }, worker: { isConnected }, results: { ping } });

describe('checkHealth', () => {
  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('sidecar %s and worker %s make ready %s', async (outbound, connected, ready) => {
    expect((await healthOf(outbound, connected)).ready).toBe(ready);
  });

  test('a store that does not answer is shown and does not stop traffic', async () => {
    const report = await healthOf(true, true, () => Promise.reject(new Error('503')));
    expect(report.ready).toBe(true);
    expect(report.checks.results).toEqual({ ok: false, detail: '503' });
  });
});
