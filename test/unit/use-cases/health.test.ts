import { checkHealth } from '../../../src/use-cases/health/check-health';

const healthOf = (outbound: boolean, isConnected: boolean, ping: () => Promise<void> = async () => {}) =>
  checkHealth({ sidecar: { outboundHealthy: async () => outbound }, worker: { isConnected }, results: { ping } }, true);

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

  test('a store that hangs is shown after three seconds, and a probe does not wait for it', async () => {
    jest.useFakeTimers();
    try {
      const asked: string[] = [];
      const deps = {
        sidecar: { outboundHealthy: async () => true },
        worker: { isConnected: true },
        results: { ping: () => new Promise<void>(() => asked.push('results')) },
      };
      expect(await checkHealth(deps, false)).toEqual({
        ready: true,
        checks: { sidecar: { ok: true }, worker: { ok: true } },
      });
      expect(asked).toEqual([]);
      const report = checkHealth(deps, true);
      await jest.advanceTimersByTimeAsync(3_000);
      expect((await report).checks.results).toEqual({ ok: false, detail: 'it did not answer within 3 s' });
    } finally {
      jest.useRealTimers();
    }
  });
});
