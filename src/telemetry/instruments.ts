import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The metrics of a process, by name: what `/metrics` shows and docs/operations.md lists. */

/** Seconds. A call of Vision takes 0.3 to 3; our deadline is 30. */
const CALL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WRITE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What happens: counted and timed by whoever does it. */
export function createEventInstruments(registers: Registry[]) {
  return {
    calls: new Histogram({
      ...{ name: 'contactsheet_vision_call_duration_seconds', help: 'Calls of Vision, by outcome.', registers },
      ...{ labelNames: ['outcome'] as const, buckets: CALL_BUCKETS },
    }),
    transactions: new Counter({
      ...{ name: 'contactsheet_vision_transactions_total', help: 'Transactions that Vision bills for.', registers },
    }),
    callsInFlight: new Gauge({
      ...{ name: 'contactsheet_vision_calls_in_flight', help: 'Calls of Vision under way.', registers },
    }),
    downloads: new Histogram({
      ...{ name: 'contactsheet_download_duration_seconds', help: 'Downloads of images, by outcome.', registers },
      ...{ labelNames: ['outcome'] as const, buckets: CALL_BUCKETS },
    }),
    downloadedBytes: new Counter({
      ...{ name: 'contactsheet_downloaded_bytes_total', help: 'Bytes of images that arrived.', registers },
    }),
    images: new Counter({
      ...{ name: 'contactsheet_images_total', help: 'Image documents saved, by outcome.', registers },
      labelNames: ['outcome'] as const,
    }),
    saves: new Histogram({
      ...{ name: 'contactsheet_save_duration_seconds', help: 'Saves of image documents, with their group.', registers },
      buckets: WRITE_BUCKETS,
    }),
    runEvents: new Counter({
      ...{ name: 'contactsheet_run_events_total', help: 'Events of runs that were published, by type.', registers },
      labelNames: ['type'] as const,
    }),
    unanswered: new Counter({
      ...{ name: 'contactsheet_scrape_errors_total', help: 'Questions of a scrape that got no answer.', registers },
      labelNames: ['source'] as const,
    }),
  };
}

/** What is: set at each scrape. */
export function createStateInstruments(registers: Registry[]) {
  return {
    imagesInFlight: new Gauge({
      ...{ name: 'contactsheet_images_in_flight', help: 'Images downloaded or at Vision now.', registers },
    }),
    bytesInFlight: new Gauge({
      ...{ name: 'contactsheet_bytes_in_flight', help: 'Bytes of these images.', registers },
    }),
    up: new Gauge({
      ...{ name: 'contactsheet_check_ok', help: '1: what this process needs answers. 0: it does not.', registers },
      labelNames: ['check'] as const,
    }),
    rate: new Gauge({
      ...{
        name: 'contactsheet_vision_rate_limit',
        help: 'Calls a second over all replicas. Absent: no limit.',
        registers,
      },
    }),
    factor: new Gauge({
      ...{ name: 'contactsheet_vision_rate_factor', help: '0..1 of the rate that is used: 429s lower it.', registers },
    }),
    paused: new Gauge({
      ...{ name: 'contactsheet_vision_paused', help: '1 while no call starts, as Vision asked.', registers },
    }),
    spent: new Gauge({
      ...{ name: 'contactsheet_month_transactions', help: 'Transactions of this month, over all replicas.', registers },
    }),
    cap: new Gauge({
      ...{ name: 'contactsheet_month_transactions_limit', help: 'What a month may cost. Absent: no limit.', registers },
    }),
  };
}
