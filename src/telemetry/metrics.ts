import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { within } from '../deadline';

/**
 * What this process counts and measures, in the text format of Prometheus.
 *
 * I1 Labels have few values, known beforehand: codes, outcomes, states. Never a container, a run or the name of an image.
 * I2 A scrape never fails and never hangs: what does not answer within SOURCE_WITHIN_MS is left out and counted.
 */
export interface Metrics {
  /** Of one call of Vision. `outcome`: `ok`, or the code of the failure. */
  visionCall(outcome: string, seconds: number, transactions: number): void;
  visionInFlight(change: 1 | -1): void;
  /** Of one download of an image. */
  download(outcome: string, seconds: number, bytes: number): void;
  /** Of one document that was saved: `succeeded`, `failed`, `skipped`, `removed`. */
  image(outcome: string): void;
  saved(seconds: number): void;
  /** Of one event that the broker took: `run.started.v1`. */
  runEvent(type: string): void;
  /** What is asked at each scrape. */
  observe(sources: MetricSources): void;
  /** The text of one scrape. Never rejects (I2). */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface MetricSources {
  /** Images that are downloaded or at Vision now. */
  inFlight(): { readonly items: number; readonly bytes: number };
  /** Whether each thing that this process needs answers: `sidecar`, `worker`, `results`. */
  checks(): Promise<Readonly<Record<string, boolean>>>;
  quota(): Promise<QuotaFigures>;
}

/** Rates in calls a second, amounts in transactions of this month. Absent: there is no limit. */
export interface QuotaFigures {
  readonly ratePerSecond?: number;
  /** 0..1 of the rate that is used now. */
  readonly factor: number;
  readonly isPaused: boolean;
  readonly spent: number;
  readonly cap?: number;
}

/** Longer than the health check waits for Cosmos DB; Prometheus waits 10 s by default. */
const SOURCE_WITHIN_MS = 4_000;
/** Seconds. A call of Vision takes 0.3 to 3; our deadline is 30. */
const CALL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WRITE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const calls = new Histogram({
    ...{ name: 'contactsheet_vision_call_duration_seconds', help: 'Calls of Vision, by outcome.', registers },
    ...{ labelNames: ['outcome'] as const, buckets: CALL_BUCKETS },
  });
  const transactions = new Counter({
    ...{ name: 'contactsheet_vision_transactions_total', help: 'Transactions that Vision bills for.', registers },
  });
  const callsInFlight = new Gauge({
    ...{ name: 'contactsheet_vision_calls_in_flight', help: 'Calls of Vision under way.', registers },
  });
  const downloads = new Histogram({
    ...{ name: 'contactsheet_download_duration_seconds', help: 'Downloads of images, by outcome.', registers },
    ...{ labelNames: ['outcome'] as const, buckets: CALL_BUCKETS },
  });
  const downloadedBytes = new Counter({
    ...{ name: 'contactsheet_downloaded_bytes_total', help: 'Bytes of images that arrived.', registers },
  });
  const images = new Counter({
    ...{ name: 'contactsheet_images_total', help: 'Image documents saved, by outcome.', registers },
    labelNames: ['outcome'] as const,
  });
  const saves = new Histogram({
    ...{ name: 'contactsheet_save_duration_seconds', help: 'Saves of image documents, with their group.', registers },
    buckets: WRITE_BUCKETS,
  });
  const runEvents = new Counter({
    ...{ name: 'contactsheet_run_events_total', help: 'Events of runs that were published, by type.', registers },
    labelNames: ['type'] as const,
  });
  const imagesInFlight = new Gauge({
    ...{ name: 'contactsheet_images_in_flight', help: 'Images downloaded or at Vision now.', registers },
  });
  const bytesInFlight = new Gauge({
    ...{ name: 'contactsheet_bytes_in_flight', help: 'Bytes of these images.', registers },
  });
  const up = new Gauge({
    ...{ name: 'contactsheet_check_ok', help: '1: what this process needs answers. 0: it does not.', registers },
    labelNames: ['check'] as const,
  });
  const rate = new Gauge({
    ...{
      name: 'contactsheet_vision_rate_limit',
      help: 'Calls a second over all replicas. Absent: no limit.',
      registers,
    },
  });
  const factor = new Gauge({
    ...{ name: 'contactsheet_vision_rate_factor', help: '0..1 of the rate that is used: 429s lower it.', registers },
  });
  const paused = new Gauge({
    ...{ name: 'contactsheet_vision_paused', help: '1 while no call starts, as Vision asked.', registers },
  });
  const spent = new Gauge({
    ...{ name: 'contactsheet_month_transactions', help: 'Transactions of this month, over all replicas.', registers },
  });
  const cap = new Gauge({
    ...{ name: 'contactsheet_month_transactions_limit', help: 'What a month may cost. Absent: no limit.', registers },
  });
  const unanswered = new Counter({
    ...{ name: 'contactsheet_scrape_errors_total', help: 'Questions of a scrape that got no answer.', registers },
    labelNames: ['source'] as const,
  });

  /** An old answer is no answer, and 0 would be one. */
  function forget(): void {
    up.reset();
    for (const gauge of [rate, factor, paused, spent, cap]) gauge.remove();
  }

  forget();
  let sources: MetricSources | undefined;

  async function ask<T>(source: string, question: () => Promise<T>, use: (answer: T) => void): Promise<void> {
    try {
      use(await within(SOURCE_WITHIN_MS, question()));
    } catch {
      unanswered.inc({ source });
    }
  }

  async function look({ inFlight, checks, quota }: MetricSources): Promise<void> {
    const { items, bytes } = inFlight();
    imagesInFlight.set(items);
    bytesInFlight.set(bytes);
    forget();
    await Promise.all([
      ask('checks', checks, (found) => {
        for (const [check, isOk] of Object.entries(found)) up.set({ check }, isOk ? 1 : 0);
      }),
      ask('quota', quota, (found) => {
        if (found.ratePerSecond !== undefined) rate.set(found.ratePerSecond);
        if (found.cap !== undefined) cap.set(found.cap);
        factor.set(found.factor);
        paused.set(found.isPaused ? 1 : 0);
        spent.set(found.spent);
      }),
    ]);
  }

  return {
    visionCall(outcome, seconds, billed) {
      calls.observe({ outcome }, seconds);
      if (billed > 0) transactions.inc(billed);
    },
    visionInFlight: (change) => callsInFlight.inc(change),
    download(outcome, seconds, bytes) {
      downloads.observe({ outcome }, seconds);
      downloadedBytes.inc(bytes);
    },
    image: (outcome) => images.inc({ outcome }),
    saved: (seconds) => saves.observe(seconds),
    runEvent: (type) => runEvents.inc({ type }),
    observe(found) {
      sources = found;
    },
    async render() {
      if (sources) await look(sources);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
