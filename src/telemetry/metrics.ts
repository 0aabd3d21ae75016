import { collectDefaultMetrics, Registry } from 'prom-client';
import { within } from '../deadline';
import { createEventInstruments, createStateInstruments } from './instruments';

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

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const happened = createEventInstruments([registry]);
  const state = createStateInstruments([registry]);

  /** An old answer is no answer, and 0 would be one. */
  function forget(): void {
    state.up.reset();
    for (const gauge of [state.rate, state.factor, state.paused, state.spent, state.cap]) gauge.remove();
  }

  forget();
  let sources: MetricSources | undefined;

  async function ask<T>(source: string, question: () => Promise<T>, use: (answer: T) => void): Promise<void> {
    try {
      use(await within(SOURCE_WITHIN_MS, question()));
    } catch {
      happened.unanswered.inc({ source });
    }
  }

  async function look({ inFlight, checks, quota }: MetricSources): Promise<void> {
    const { items, bytes } = inFlight();
    state.imagesInFlight.set(items);
    state.bytesInFlight.set(bytes);
    forget();
    await Promise.all([
      ask('checks', checks, (found) => {
        for (const [check, isOk] of Object.entries(found)) state.up.set({ check }, isOk ? 1 : 0);
      }),
      ask('quota', quota, (found) => {
        if (found.ratePerSecond !== undefined) state.rate.set(found.ratePerSecond);
        if (found.cap !== undefined) state.cap.set(found.cap);
        state.factor.set(found.factor);
        state.paused.set(found.isPaused ? 1 : 0);
        state.spent.set(found.spent);
      }),
    ]);
  }

  return {
    visionCall(outcome, seconds, billed) {
      happened.calls.observe({ outcome }, seconds);
      if (billed > 0) happened.transactions.inc(billed);
    },
    visionInFlight: (change) => happened.callsInFlight.inc(change),
    download(outcome, seconds, bytes) {
      happened.downloads.observe({ outcome }, seconds);
      happened.downloadedBytes.inc(bytes);
    },
    image: (outcome) => happened.images.inc({ outcome }),
    saved: (seconds) => happened.saves.observe(seconds),
    runEvent: (type) => happened.runEvents.inc({ type }),
    observe(found) {
      sources = found;
    },
    async render() {
      if (sources) await look(sources);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
