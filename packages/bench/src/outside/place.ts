import { setTimeout as pause } from 'node:timers/promises';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import type { Endpoints as StackEndpoints } from '@contactsheet/dev-stack';
import {
  type AskOf,
  type BodyOf,
  type Client,
  createClient,
  defined,
  type Endpoints,
  isFinal,
  Refusal,
  taken,
} from 'contactsheet/contract';
import type { Fault, FaultProxy } from '../fault-proxy';
import { createPictures } from '../pictures';
import { type VisionControl, visionControl } from '../vision-control';

/** A stack that cases are played on, one after another. */
export interface Ground {
  /** As they are now: processes that ended were started again. */
  readonly endpoints: () => StackEndpoints;
  /** Between the app and Blob Storage. */
  readonly storage: FaultProxy;
}

export type Run = BodyOf<Endpoints['getRun']>;

export interface RunOptions extends Omit<NonNullable<AskOf<Endpoints['startRun']>['body']>, 'retry'> {
  readonly confirmShrink?: boolean;
  readonly withinMs?: number;
}

export interface BlobOptions {
  readonly metadata?: Record<string, string>;
  readonly contentType?: string;
}

const PARALLEL_REQUESTS = 32;
const LOOK_MS = 100;

/**
 * A case's own container of a stack, and what a case may do there.
 *
 * I1 `leave` takes back what a case has armed and paused: the next one finds a stack in which all is well.
 */
export class Place {
  readonly client: Client;
  readonly vision: VisionControl;

  constructor(
    readonly ground: Ground,
    readonly container: string,
  ) {
    const { api, vision } = ground.endpoints();
    this.client = createClient({ address: api });
    this.vision = visionControl(vision.endpoint);
  }

  get endpoints(): StackEndpoints {
    return this.ground.endpoints();
  }

  get blobs(): ContainerClient {
    const service = BlobServiceClient.fromConnectionString(this.endpoints.blobConnectionString);
    return service.getContainerClient(this.container);
  }

  async put(name: string, bytes: Uint8Array, { metadata, contentType }: BlobOptions = {}): Promise<void> {
    await this.blobs.createIfNotExists();
    await this.blobs.getBlockBlobClient(name).upload(Buffer.from(bytes), bytes.length, {
      ...defined({ metadata }),
      ...(contentType !== undefined && { blobHTTPHeaders: { blobContentType: contentType } }),
    });
  }

  /** Small JPEGs with bytes of their own. */
  async pictures(names: readonly string[]): Promise<void> {
    const pictureOf = await createPictures(this.container);
    await this.blobs.createIfNotExists();
    await sideBySide(names, (name, n) => this.put(name, pictureOf(n), { contentType: 'image/jpeg' }));
  }

  /** The same bytes under many names. */
  async many(names: readonly string[], bytes: Uint8Array, options: BlobOptions = {}): Promise<void> {
    await this.blobs.createIfNotExists();
    await sideBySide(names, (name) => this.put(name, bytes, options));
  }

  async remove(names: readonly string[]): Promise<void> {
    await sideBySide(names, async (name) => void (await this.blobs.deleteBlob(name)));
  }

  /** The same for a container whose name the case cannot choose. */
  in(container: string): Place {
    return new Place(this.ground, container);
  }

  async quote(): Promise<BodyOf<Endpoints['quote']>> {
    const answer = await this.client.quote({ params: { container: this.container }, body: {} });
    if (answer.status !== 200) throw new Error(`There is no quote: ${answer.status}.`);
    return answer.body;
  }

  /** How requests of this container's blobs are answered by storage. */
  storageObeys(rule: (request: string) => Fault): void {
    const own = `/${this.container}/`;
    const listing = `/${this.container}?`;
    this.ground.storage.obey((line) => (line.includes(own) || line.includes(listing) ? rule(line) : 'pass'));
  }

  async start({ confirmShrink, withinMs: _, ...body }: RunOptions = {}): Promise<string> {
    const query = confirmShrink ? ({ confirmShrink: 'true' } as const) : {};
    return taken(await this.client.startRun({ params: { container: this.container }, query, body })).id;
  }

  async run(options: RunOptions = {}): Promise<Run> {
    return this.ended(await this.start(options), options.withinMs);
  }

  async look(id: string): Promise<Run> {
    return taken(await this.client.getRun({ params: { id } }));
  }

  /** @throws Error when it has not ended by then */
  ended(id: string, withinMs = 60_000): Promise<Run> {
    return this.until(
      () => this.look(id),
      ({ status }) => isFinal(status),
      withinMs,
    );
  }

  /** Looks until the answer is as wanted; a busy server is asked again. @throws Error with the last answer */
  async until<T>(look: () => Promise<T>, isWanted: (seen: T) => boolean, withinMs = 30_000): Promise<T> {
    const ends = Date.now() + withinMs;
    for (let last: T | undefined; ; await pause(LOOK_MS)) {
      last = (await look().catch(ifRefused)) ?? last;
      if (last !== undefined && isWanted(last)) return last;
      if (Date.now() > ends) throw new Error(`Not within ${withinMs} ms. Last: ${JSON.stringify(last)?.slice(0, 600)}`);
    }
  }

  /** Images of the container by name: status, and reason where there is one. */
  async images(): Promise<Record<string, string>> {
    const found: [string, string][] = [];
    for await (const { value } of this.client.pages('listImages', { params: { container: this.container } })) {
      for (const { blob, status, reason } of value) found.push([blob, [status, reason].filter(Boolean).join(': ')]);
    }
    return Object.fromEntries(found); // a blob may be named `__proto__`
  }

  /** A bare request of the API; the path begins with `/`. */
  async ask(path: string, init?: RequestInit): Promise<{ readonly status: number; readonly body: unknown }> {
    const answer = await fetch(`${this.endpoints.api}${path}`, init);
    const text = await answer.text();
    const isJson = /[/+]json\b/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, body: isJson ? JSON.parse(text) : text };
  }

  /** I1 */
  async leave(): Promise<void> {
    this.ground.storage.obey(() => 'pass');
    await this.vision.disarm();
    await this.client.setQuota({ body: { pausedUntil: null } });
  }
}

function ifRefused(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error;
}

async function sideBySide<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const left = items.entries();
  const one = async () => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, one));
}
