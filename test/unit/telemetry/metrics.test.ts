import { createMetrics } from '../../../src/telemetry/metrics';

/** Guarantee: what is measured can be read, by names that stay, and a part that does not answer keeps no scrape waiting. */

const SOURCES = {
  inFlight: () => ({ items: 3, bytes: 4_096 }),
  checks: async () => ({ sidecar: true, results: false }),
  quota: async () => ({ ratePerSecond: 10, factor: 0.7, isPaused: true, spent: 120, cap: 1_000 }),
};

async function lines(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  return (await metrics.render()).text.split('\n').filter((line) => line.startsWith('contactsheet_'));
}

test('calls, downloads and images are counted by outcome', async () => {
  const metrics = createMetrics();
  metrics.visionCall('ok', 0.3, 4);
  metrics.visionCall('vision-throttled', 0.01, 0);
  metrics.visionInFlight(1);
  metrics.download('ok', 0.02, 500);
  metrics.image('succeeded');
  metrics.saved(0.03);
  metrics.runEvent('contactsheet.run.started.v1');
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'contactsheet_vision_call_duration_seconds_count{outcome="ok"} 1',
      'contactsheet_vision_call_duration_seconds_count{outcome="vision-throttled"} 1',
      'contactsheet_vision_transactions_total 4',
      'contactsheet_vision_calls_in_flight 1',
      'contactsheet_download_duration_seconds_sum{outcome="ok"} 0.02',
      'contactsheet_downloaded_bytes_total 500',
      'contactsheet_images_total{outcome="succeeded"} 1',
      'contactsheet_save_duration_seconds_count 1',
      'contactsheet_run_events_total{type="contactsheet.run.started.v1"} 1',
    ]),
  );
});

test('each scrape asks what is true now', async () => {
  const metrics = createMetrics();
  metrics.observe(SOURCES);
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'contactsheet_images_in_flight 3',
      'contactsheet_bytes_in_flight 4096',
      'contactsheet_check_ok{check="sidecar"} 1',
      'contactsheet_check_ok{check="results"} 0',
      'contactsheet_vision_rate_limit 10',
      'contactsheet_vision_rate_factor 0.7',
      'contactsheet_vision_paused 1',
      'contactsheet_month_transactions 120',
      'contactsheet_month_transactions_limit 1000',
    ]),
  );
});

test('a limit that is lifted is not shown any more', async () => {
  const metrics = createMetrics();
  metrics.observe(SOURCES);
  await metrics.render();
  metrics.observe({ ...SOURCES, quota: async () => ({ factor: 1, isPaused: false, spent: 121 }) });
  const found = await lines(metrics);
  expect(found).toContain('contactsheet_month_transactions 121');
  expect(found.join('\n')).not.toMatch(/^contactsheet_(vision_rate_limit|month_transactions_limit) /m);
});

test('a source that fails or never answers is left out and counted', async () => {
  const metrics = createMetrics();
  metrics.observe({
    ...SOURCES,
    checks: () => Promise.reject(new Error('no sidecar')),
    quota: () => new Promise(() => undefined),
  });
  const found = await lines(metrics);
  expect(found).toContain('contactsheet_images_in_flight 3');
  expect(found).toContain('contactsheet_scrape_errors_total{source="checks"} 1');
  expect(found).toContain('contactsheet_scrape_errors_total{source="quota"} 1');
  expect(found.join('\n')).not.toMatch(/^contactsheet_(check_ok|month_transactions)[{ ]/m);
});

test('the process and its event loop are there', async () => {
  expect((await createMetrics().render()).text).toContain('nodejs_eventloop_lag_p99_seconds');
});
