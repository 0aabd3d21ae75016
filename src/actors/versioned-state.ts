/**
 * State of one actor: a head that is read afresh at the start of every call, and parts that are cached between calls
 * while the head's version says that nobody else has written.
 *
 * I1 A call commits once, all its changes in one transaction, the head's version raised by one.
 * I2 After a failed commit the cache is empty: nothing is remembered that the store may not have.
 * I3 An instance that was left behind while its actor lived elsewhere sees another version and forgets its cache.
 *
 * Why not the SDK's ActorStateManager (3.18.0): a change survives a throwing method and is saved by the next one, a
 * failed save leaves the value marked clean, addState is inverted, and every set costs one more read
 * (test/unit/actors/versioned-state.test.ts holds what this class promises instead).
 */
export interface ActorStore {
  /** undefined when the key does not exist. */
  read(key: string): Promise<unknown>;
  /** One transaction: undefined deletes the key. */
  write(changes: Readonly<Record<string, unknown>>): Promise<void>;
}

const HEAD = 'head';

/** Between a head and what is stored of it (domain/stored.ts). */
export interface HeadShapes<Head> {
  read(stored: unknown): Head;
  stamped(head: Head): object;
}

/** What reads parts, where nothing is to be committed. */
export type StateParts = Pick<VersionedState<{ readonly version: number }>, 'part'>;

export class VersionedState<Head extends { readonly version: number }> {
  private readonly cache = new Map<string, unknown>();
  private cachedVersion: number | undefined;

  constructor(
    private readonly store: ActorStore,
    /** Of the head, for all parts of the state. Reading is pure, and the version stays. Absent: as it is. */
    private readonly shapes: HeadShapes<Head> = { read: (stored) => stored as Head, stamped: (head) => head },
  ) {}

  /** Call first in every method. */
  async head(): Promise<Head | undefined> {
    const stored = await this.store.read(HEAD);
    const head = stored === undefined ? undefined : this.shapes.read(stored);
    if (head?.version !== this.cachedVersion) this.cache.clear();
    this.cachedVersion = head?.version;
    return head;
  }

  async part<T>(key: string): Promise<T | undefined> {
    if (!this.cache.has(key)) this.cache.set(key, await this.store.read(key));
    return this.cache.get(key) as T | undefined;
  }

  /** Deletes the head and those of these parts that exist: to delete what is not there fails the transaction on Cosmos DB. */
  async clear(parts: readonly string[]): Promise<void> {
    this.cache.clear();
    this.cachedVersion = undefined;
    const changes: Record<string, undefined> = {};
    for (const key of [HEAD, ...parts]) {
      if ((await this.store.read(key)) !== undefined) changes[key] = undefined;
    }
    if (Object.keys(changes).length > 0) await this.store.write(changes);
  }

  async commit(head: Head, parts: Readonly<Record<string, unknown>> = {}): Promise<Head> {
    const next = { ...head, version: head.version + 1 };
    try {
      await this.store.write({ ...parts, [HEAD]: this.shapes.stamped(next) });
    } catch (error) {
      this.cache.clear();
      this.cachedVersion = undefined;
      throw error;
    }
    for (const [key, value] of Object.entries(parts)) this.cache.set(key, value);
    this.cachedVersion = next.version;
    return next;
  }
}
