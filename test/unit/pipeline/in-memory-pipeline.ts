import type { Actors } from '../../../src/actors';
import { AppError } from '../../../src/domain/errors';
import { type Outcome, unwrap } from '../../../src/domain/outcome';
import { isFinal } from '../../../src/domain/run/run';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import type { BlobsGateway, DownloadOutcome } from '../../../src/gateways/blobs/port';
import { createMemoryCache } from '../../../src/gateways/cache/memory-cache';
import { createMemoryStores } from '../../../src/gateways/by-container/memory-by-container';
import type { Stores } from '../../../src/gateways/by-container/port';
import { createMemoryEvents } from '../../../src/gateways/events/memory-events';
import { createMemoryManifests } from '../../../src/gateways/manifests/memory-manifests';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import type { ResultsGateway } from '../../../src/gateways/results/port';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import type { VisionGateway, VisionOutcome } from '../../../src/gateways/vision/port';
import { ChunkWork } from '../../../src/pipeline/chunk-work';
import type { Clock } from '../../../src/pipeline/clock';
import { ReadWriteLock } from '../../../src/pipeline/read-write-lock';
import { FairSemaphore } from '../../../src/pipeline/fair-semaphore';
import { Listing } from '../../../src/pipeline/listing';
import { RunSessions } from '../../../src/pipeline/run-session';
import { CircuitBreaker } from '../../../src/pipeline/circuit-breaker';
import { KeyedMutex } from '../../../src/pipeline/keyed-mutex';
import { ContainerIndex } from '../../../src/use-cases/containers/container-index';
import { RunClosing } from '../../../src/use-cases/runs/run-closing';
import { RunIndex } from '../../../src/use-cases/runs/run-index';
import { RunMilestones } from '../../../src/use-cases/runs/run-milestones';
import { type Activity, createActivities } from '../../../src/workflows/activities';
import { createMemoryActors } from '../actors/memory-actors';
import { VirtualClock } from './virtual-clock';

/**
 * The whole pipeline in one test: stores that outlive every process, and processes that die, stall and lose answers at
 * the calls a plan names. Everything but the stores is the product's own code.
 */
export interface InMemoryPipeline {
  readonly clock: VirtualClock;
  readonly blobs: ReturnType<typeof createMemoryBlobs>;
  readonly results: ReturnType<typeof createMemoryResults>;
  readonly manifests: ReturnType<typeof createMemoryManifests>;
  readonly cache: ReturnType<typeof createMemoryCache>;
  readonly runs: ReturnType<typeof createMemoryRuns>;
  readonly containers: Stores['containers'];
  readonly events: ReturnType<typeof createMemoryEvents>;
  readonly vision: ReturnType<typeof createMemoryVision>;
  readonly actors: ReturnType<typeof createMemoryActors>;
  readonly maxLostShare: number;
  /** Calls of Vision that left a process, and those of them that Vision refused by its rate limit. */
  readonly asked: { total: number; throttled: number };
}

export function createInMemoryPipeline(maxLostShare = 0.2): InMemoryPipeline {
  const clock = new VirtualClock();
  return {
    clock,
    blobs: createMemoryBlobs(),
    results: createMemoryResults(),
    manifests: createMemoryManifests(),
    cache: createMemoryCache(),
    runs: createMemoryRuns(),
    containers: createMemoryStores().containers,
    events: createMemoryEvents(),
    vision: createMemoryVision(),
    actors: createMemoryActors(() => clock.monotonicMs() + Date.UTC(2026, 0, 1)),
    maxLostShare,
    asked: { total: 0, throttled: 0 },
  };
}

/** What befalls one call of a port. */
export type Fate =
  /** The process dies with the request unsent, or with the answer unread. */
  | 'die-before'
  | 'die-after'
  /** The request, or its answer, is lost. */
  | 'fail-before'
  | 'fail-after'
  /** A save is told that somebody else wrote first: wrongly, or because its own write got through unseen. */
  | 'conflict-before'
  | 'conflict-after'
  /** The process is stopped (SIGSTOP) for six seconds, longer than a lease lives, and goes on. */
  | 'stall';

export interface Weather {
  /** The fate of the next call, by all processes. */
  fate(): Fate | undefined;
  /** How long the next request, then its answer, is under way. */
  lagMs(): number;
}

export const FAIR_WEATHER: Weather = { fate: () => undefined, lagMs: () => 0 };

const SIZES = { page: 8, chunk: 4 };
const STALL_MS = 6_000;
const MAX_ANSWER_BYTES = 200;
export const MAX_IN_FLIGHT = 3;

/** One replica of the app. */
export class Replica {
  readonly died: Promise<'died'>;
  isDead = false;
  private announceDeath: (word: 'died') => void = () => {};
  private stalledUntilMs = 0;
  private quietUntilMs = 0;
  private readonly activities: ReadonlyMap<string, Activity>;
  readonly semaphore = new FairSemaphore({ maxItems: MAX_IN_FLIGHT, maxBytes: 1_000_000 });

  constructor(
    private readonly pipeline: InMemoryPipeline,
    private readonly weather: Weather,
    newId: () => string,
  ) {
    this.died = new Promise((resolve) => {
      this.announceDeath = resolve;
    });
    const { semaphore } = this;
    const clock = this.clock();
    const [blobs, results, vision] = [this.blobs(), this.results(), this.vision()];
    const manifests = this.wrapped(pipeline.manifests);
    const { runs, events } = { runs: this.wrapped(pipeline.runs), events: this.wrapped(pipeline.events) };
    const actors: Actors = {
      hosted: [],
      container: (name) => this.wrapped(pipeline.actors.container(name)),
      run: (id) => this.wrapped(pipeline.actors.run(id)),
      quota: () => this.wrapped(pipeline.actors.quota()),
    };
    const [cache, keyedMutex] = [this.wrapped(pipeline.cache), new KeyedMutex()];
    const listing = new Listing({ blobs, cache, manifests, results, vision, sizes: SIZES });
    const sessions = new RunSessions({ run: actors.run, clock, newId });
    const [blobBreaker, visionBreaker] = [
      new CircuitBreaker(clock, 'Blob Storage'),
      new CircuitBreaker(clock, 'Vision'),
    ];
    const { container } = actors;
    const chunks = new ChunkWork({
      cache,
      keyedMutex,
      readWriteLock: new ReadWriteLock(),
      notifyThrottled: () => {},
      hasEnded: async (id) => isFinal((await pipeline.actors.run(id).view()).run?.status ?? 'Completed'),
      ...{
        blobs,
        vision,
        results,
        manifests,
        semaphore,
        blobBreaker,
        visionBreaker,
        clock,
        listing,
        sessions,
        container,
      },
    });
    const quote = {
      price: { unit: 0.001, currency: 'USD' },
      maxLostShare: pipeline.maxLostShare,
      nowMs: () => this.clock().nowMs(),
      validMs: 1_000,
      hash: (text: string) => text,
    };
    const watcher = { look: async () => ({ watched: false, waitSeconds: 0 }) };
    const gateways = { vision, results, manifests, runs, events };
    const containers = this.wrapped(pipeline.containers);
    const containerIndex = new ContainerIndex({ actors, containers, nowMs: () => this.clock().nowMs() });
    const closing = new RunClosing({ actors, listing, ...gateways, containerIndex, clock });
    const index = new RunIndex(actors, runs, containerIndex);
    const milestones = new RunMilestones(actors, index);
    const all = createActivities({
      actors,
      listing,
      chunks,
      ...gateways,
      index,
      milestones,
      quote,
      closing,
      watcher,
      clock,
    });
    this.activities = new Map(all.map((activity) => [activity.name, activity]));
  }

  /** The activity's outcome, unless the process dies before it is known. */
  run(name: string, input: object): Promise<Outcome<unknown> | 'died'> {
    const work = this.activities.get(name)?.run(input) ?? Promise.reject(new Error(`no activity ${name}`));
    return Promise.race([work.then((outcome) => small(name, outcome)), this.died]);
  }

  die(): void {
    this.isDead = true;
    this.announceDeath('died');
  }

  /** A dead process never goes on; a stopped one goes on later. */
  private async awake(): Promise<void> {
    while (!this.isDead && this.pipeline.clock.monotonicMs() < this.stalledUntilMs) {
      await this.pipeline.clock.sleep(this.stalledUntilMs - this.pipeline.clock.monotonicMs());
    }
    if (this.isDead) await new Promise<never>(() => {});
  }

  private async pass<T>(call: () => Promise<T>, lost: () => T, refused: () => T = lost): Promise<T> {
    await this.awake();
    const fate = this.weather.fate();
    if (fate === 'die-before') this.die();
    await this.awake();
    await this.pipeline.clock.sleep(this.weather.lagMs());
    if (fate === 'conflict-before') return refused();
    const answer = fate === 'fail-before' ? lost() : await call();
    await this.pipeline.clock.sleep(this.weather.lagMs());
    if (fate === 'die-after') this.die();
    if (fate === 'stall') this.stalledUntilMs = this.pipeline.clock.monotonicMs() + STALL_MS;
    await this.awake();
    if (fate === 'conflict-after') return refused();
    return fate === 'fail-after' ? lost() : answer;
  }

  private wrapped<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, method) => {
        const member = target[method as keyof T];
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => this.pass(() => member.apply(target, args) as Promise<unknown>, answerLost);
      },
    });
  }

  private clock(): Clock {
    const { clock } = this.pipeline;
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      random01: () => clock.random01(),
      sleep: async (ms) => {
        await clock.sleep(ms);
        await this.awake();
      },
    };
  }

  private blobs(): BlobsGateway {
    const { blobs } = this.pipeline;
    const lost = (): DownloadOutcome => ({ ok: false, code: 'download-failed', message: 'reset', retryable: true });
    return {
      ...this.wrapped(blobs),
      account: blobs.account,
      listPage: (container, options) => this.pass(() => blobs.listPage(container, options), answerLost),
      head: (container, blob) => this.pass(() => blobs.head(container, blob), answerLost),
      download: (container, blob, options) => this.pass(() => blobs.download(container, blob, options), lost),
    };
  }

  private results(): ResultsGateway {
    const { results } = this.pipeline;
    const read = <T>(all: () => AsyncIterable<T>): AsyncIterable<T> => {
      const pass = () => this.pass(() => collect(all()), answerLost);
      return (async function* () {
        yield* await pass();
      })();
    };
    return {
      ...results,
      range: (container, interval) => read(() => results.range(container, interval)),
      writtenBy: (container, chunk) => read(() => results.writtenBy(container, chunk)),
      contributions: (container) => read(() => results.contributions(container)),
      get: (container, blob) => this.pass(() => results.get(container, blob), answerLost),
      save: (document, expected) =>
        this.pass(
          () => results.save(document, expected),
          answerLost,
          () => ({ saved: false }),
        ),
    };
  }

  private vision(): VisionGateway {
    const { vision, clock } = this.pipeline;
    const lost = (): VisionOutcome => ({ ok: false, code: 'vision-network', message: 'reset', retryable: true });
    return {
      analyzer: vision.analyzer,
      limits: vision.limits,
      offered: vision.offered,
      spell: vision.spell,
      close: () => {},
      analyze: async (image, options) => {
        await this.awake();
        if (clock.monotonicMs() < this.quietUntilMs) throw new Error('a call inside an announced Retry-After');
        if (this.semaphore.inside > MAX_IN_FLIGHT) throw new Error('more images in hand than allowed');
        this.pipeline.asked.total += 1;
        const outcome = await this.pass(() => vision.analyze(image, options), lost);
        if (!outcome.ok && outcome.code === 'vision-throttled') this.pipeline.asked.throttled += 1;
        const pauseMs = outcome.ok ? 0 : (outcome.retryAfterMs ?? 0);
        this.quietUntilMs = Math.max(this.quietUntilMs, clock.monotonicMs() + pauseMs);
        return outcome;
      },
    };
  }
}

/** An answer lives on in a history, with the name of its step: no test has to ask. */
function small(name: string, outcome: Outcome<unknown>): Outcome<unknown> {
  const bytes = Buffer.byteLength(JSON.stringify({ ...outcome, step: '1000.26' }));
  if (bytes > MAX_ANSWER_BYTES) throw new Error(`${name} answers ${bytes} bytes: ${JSON.stringify(outcome)}`);
  return outcome;
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

function answerLost(): never {
  throw new AppError('sidecar-unavailable', 'The answer was lost.', { retryable: true });
}

/** Runs steps as the engine does: again after a death or a failure that may heal, sometimes twice at once. */
export class Engine {
  private readonly replicas: Replica[] = [];
  private ids = 0;

  constructor(
    private readonly pipeline: InMemoryPipeline,
    private readonly weather: Weather,
  ) {}

  async step<T>(name: string, input: object, replica = 0): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.replica(replica).run(name, input);
      if (outcome !== 'died' && (outcome.ok || !outcome.error.retryable)) return unwrap(outcome) as T;
      if (attempt > 50) throw new Error(`step ${name} never succeeds: ${JSON.stringify(outcome)}`);
      await this.pipeline.clock.sleep(outcome === 'died' ? 300 : 1_000);
    }
  }

  /** The first execution to end counts; the others go on unheard. */
  twice<T>(name: string, input: object, replicas: readonly number[]): Promise<T> {
    return Promise.race(replicas.map((replica) => this.step<T>(name, input, replica)));
  }

  private replica(number: number): Replica {
    const standing = this.replicas[number];
    if (standing && !standing.isDead) return standing;
    const fresh = new Replica(this.pipeline, this.weather, () => `attempt-${++this.ids}`);
    this.replicas[number] = fresh;
    return fresh;
  }
}
