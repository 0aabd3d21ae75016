import { v4 as uuidv4 } from 'uuid';
import type { Actors } from '../actors';
import type { Config } from '../config';
import { defined } from '../domain/defined';
import { isFinal } from '../domain/run/run';
import { ChunkWork } from '../pipeline/chunk-work';
import { CircuitBreaker } from '../pipeline/circuit-breaker';
import { systemClock as clock } from '../pipeline/clock';
import { FairSemaphore } from '../pipeline/fair-semaphore';
import type { ImageDeps } from '../pipeline/image-work';
import { KeyedMutex } from '../pipeline/keyed-mutex';
import { Listing } from '../pipeline/listing';
import { ReadWriteLock } from '../pipeline/read-write-lock';
import { RunSessions } from '../pipeline/run-session';
import { Sampling } from '../pipeline/sampling';
import { singleFlight } from '../pipeline/single-flight';
import { throttleNotifier } from '../pipeline/throttle-notifier';
import type { Gateways } from './gateways';
import type { Overrides } from './overrides';

export type Pipeline = ReturnType<typeof createPipeline>;

/** What lists, downloads, analyses and saves images. `drain`: what is in flight is the last. */
export function createPipeline(
  { limits }: Pick<Config, 'limits'>,
  { blobs, cache, manifests, results, vision }: Gateways,
  actors: Actors,
  { sizes }: Overrides,
) {
  const listing = new Listing({ blobs, cache, manifests, results, vision, ...defined({ sizes }) });
  const sessions = new RunSessions({ run: actors.run, clock, newId: uuidv4 });
  const semaphore = new FairSemaphore({ maxItems: limits.imagesInFlight, maxBytes: limits.bytesInFlight });
  const image: ImageDeps = {
    ...{ blobs, vision, results, cache, clock, semaphore },
    keyedMutex: new KeyedMutex(),
    blobBreaker: new CircuitBreaker(clock, 'Blob Storage'),
    visionBreaker: new CircuitBreaker(clock, 'Vision'),
    notifyThrottled: throttleNotifier(clock, (retryAfterMs) => actors.quota().throttled({ retryAfterMs })),
    hasEnded: singleFlight(async (runId) => {
      const { run } = await actors.run(runId).view();
      return run === undefined || isFinal(run.status);
    }),
  };
  const { container } = actors;
  const chunks = new ChunkWork({
    ...image,
    manifests,
    listing,
    sessions,
    container,
    readWriteLock: new ReadWriteLock(),
  });
  const sampling = new Sampling({ ...image, quota: actors.quota, newId: uuidv4 });
  return {
    ...{ listing, chunks, sampling },
    inFlight: () => semaphore.load,
    drain(): void {
      sessions.drain();
      sampling.drain();
    },
  };
}
