import type { BlobsGateway } from '../gateways/blobs/port';
import type { EventsGateway } from '../gateways/events/port';
import type { ResultsGateway } from '../gateways/results/port';
import type { VisionGateway } from '../gateways/vision';
import type { Metrics } from '../telemetry/metrics';
import type { Gateways } from './gateways';

/** Those that the work on images goes through count what they do. Without metrics nothing is wrapped. */
export function meterGateways(gateways: Gateways, metrics: Metrics | undefined): Gateways {
  if (metrics === undefined) return gateways;
  return {
    ...gateways,
    vision: meteredVision(gateways.vision, metrics),
    blobs: meteredBlobs(gateways.blobs, metrics),
    results: meteredResults(gateways.results, metrics),
    events: meteredEvents(gateways.events, metrics),
  };
}

function meteredVision(vision: VisionGateway, metrics: Metrics): VisionGateway {
  return {
    ...vision,
    async analyze(image, options) {
      const elapsed = stopwatch();
      metrics.visionInFlight(1);
      try {
        const outcome = await vision.analyze(image, options);
        metrics.visionCall(outcome.ok ? 'ok' : outcome.code, elapsed(), outcome.ok ? outcome.transactions : 0);
        return outcome;
      } finally {
        metrics.visionInFlight(-1);
      }
    },
  };
}

function meteredBlobs(blobs: BlobsGateway, metrics: Metrics): BlobsGateway {
  return {
    ...blobs,
    async download(container, blob, options) {
      const elapsed = stopwatch();
      const outcome = await blobs.download(container, blob, options);
      metrics.download(outcome.ok ? 'ok' : outcome.code, elapsed(), outcome.ok ? outcome.bytes.byteLength : 0);
      return outcome;
    },
  };
}

function meteredResults(results: ResultsGateway, metrics: Metrics): ResultsGateway {
  return {
    ...results,
    async save(document, expected) {
      const elapsed = stopwatch();
      const outcome = await results.save(document, expected);
      metrics.saved(elapsed());
      if (outcome.saved) metrics.image(document.status);
      return outcome;
    },
  };
}

function meteredEvents(events: EventsGateway, metrics: Metrics): EventsGateway {
  return {
    async publish(event) {
      await events.publish(event);
      metrics.runEvent(event.type);
    },
  };
}

/** Seconds since it was made. */
function stopwatch(): () => number {
  const began = performance.now();
  return () => (performance.now() - began) / 1_000;
}
