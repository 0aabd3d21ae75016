/**
 * The one file: databases, containers and their document tables.
 *
 * S1 WAL with synchronous=NORMAL: a committed transaction survives the death of this process (kill -9). It may be lost when
 *    the machine loses power, which a development server accepts for the speed.
 * S2 Only `write` changes the file (see write-queue.ts); reads run between transactions.
 */

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { DocumentTable } from './document-table';
import type { Offer } from './offers';
import { conflict, MAX_REQUEST_BYTES, notFound } from './protocol';
import type { JsonObject } from './sql/values';
import { WriteQueue } from './write-queue';

export interface ContainerDefinition {
  readonly id: string;
  readonly partitionKeyPath: string;
  /** Seconds; -1 = items may have one, none by default; undefined = time to live is off. */
  readonly defaultTtlS: number | undefined;
  /** The definition as the client wrote it, given back on reads. */
  readonly resource: JsonObject;
  /** Of its own. */
  readonly offer?: Offer | undefined;
}

export interface DatabaseEntry {
  readonly id: string;
  readonly etag: string;
  readonly timestampS: number;
  /** What its containers share. */
  readonly offer?: Offer | undefined;
}

export interface ContainerEntry extends ContainerDefinition {
  readonly number: number;
  readonly database: string;
  readonly etag: string;
  readonly timestampS: number;
  readonly table: DocumentTable;
}

/** Documents of about 2 KB waste almost half of the usual 4 KB pages. */
const PAGE_BYTES = 8192;

/** Only the pages of this much of the file are kept in memory; the rest is the operating system's. */
const CACHE_KB = 64 * 1024;

export class Store {
  private readonly database: Database.Database;
  private readonly queue: WriteQueue;
  private readonly databases = new Map<string, DatabaseEntry>();
  private readonly containers = new Map<string, ContainerEntry>();
  private sequence = Date.now();

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    this.database = new Database(file);
    this.database.pragma(`page_size = ${PAGE_BYTES}`);
    this.database.pragma('journal_mode = WAL'); // S1
    this.database.pragma('synchronous = NORMAL');
    this.database.pragma(`cache_size = -${CACHE_KB}`);
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS databases (id TEXT PRIMARY KEY, etag TEXT NOT NULL, ts INTEGER NOT NULL);
       CREATE TABLE IF NOT EXISTS containers (number INTEGER PRIMARY KEY AUTOINCREMENT, database TEXT NOT NULL, id TEXT NOT NULL,
         definition TEXT NOT NULL, etag TEXT NOT NULL, ts INTEGER NOT NULL, UNIQUE (database, id));
       CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY, content BLOB NOT NULL);`,
    );
    this.addColumn('databases', 'offer TEXT');
    this.queue = new WriteQueue(this.database);
    this.load();
  }

  /** Runs `work` in the next transaction; resolves once it is committed. */
  write<T>(work: () => T): Promise<T> {
    return this.queue.write(() => {
      this.sequence += 1;
      return work();
    });
  }

  /**
   * Writes as a client would, and takes it away again. @throws the error of the file when writes fail. After a write that
   * failed it tries as much as the largest request, since a little may fit where that does not.
   */
  async probe(): Promise<void> {
    const bytes = this.queue.hasFailed ? MAX_REQUEST_BYTES : 1;
    await this.queue.write(() => {
      this.database.prepare('INSERT OR REPLACE INTO probe (id, content) VALUES (1, zeroblob(?))').run(bytes);
    });
    await this.queue.write(() => this.database.prepare('DELETE FROM probe').run());
    if (bytes > 1) this.queue.trust();
  }

  /** Grows with every write; the number in session tokens. */
  get writes(): number {
    return this.sequence;
  }

  listDatabases(): DatabaseEntry[] {
    return [...this.databases.values()];
  }

  /** @throws CosmosError 404 */
  databaseNamed(id: string): DatabaseEntry {
    const entry = this.databases.get(id);
    if (entry === undefined) throw notFound(`database ${id}`);
    return entry;
  }

  /** @throws CosmosError 409 */
  async createDatabase(id: string, offer?: Offer): Promise<DatabaseEntry> {
    const entry = { id, etag: newEtag(), timestampS: nowS(), offer };
    await this.write(() => {
      if (this.databases.has(id)) throw conflict();
      this.database
        .prepare('INSERT INTO databases (id, etag, ts, offer) VALUES (?, ?, ?, ?)')
        .run(id, entry.etag, entry.timestampS, offer === undefined ? null : JSON.stringify(offer));
      this.databases.set(id, entry);
    });
    return entry;
  }

  /** @throws CosmosError 404 */
  async deleteDatabase(id: string): Promise<void> {
    await this.write(() => {
      this.databaseNamed(id);
      for (const container of this.listContainers(id)) this.removeContainer(container);
      this.database.prepare('DELETE FROM databases WHERE id = ?').run(id);
      this.databases.delete(id);
    });
  }

  listContainers(database: string): ContainerEntry[] {
    return [...this.containers.values()].filter((container) => container.database === database);
  }

  /** @throws CosmosError 404 */
  containerNamed(database: string, id: string): ContainerEntry {
    const entry = this.containers.get(containerKey(database, id));
    if (entry === undefined) throw notFound(`container ${database}/${id}`);
    return entry;
  }

  /** @throws CosmosError 404, 409 */
  async createContainer(database: string, definition: ContainerDefinition): Promise<ContainerEntry> {
    return this.write(() => {
      this.databaseNamed(database);
      if (this.containers.has(containerKey(database, definition.id))) throw conflict();
      const etag = newEtag();
      const timestampS = nowS();
      this.database
        .prepare('INSERT INTO containers (database, id, definition, etag, ts) VALUES (?, ?, ?, ?, ?)')
        .run(database, definition.id, JSON.stringify(definition), etag, timestampS);
      const row = this.database.prepare('SELECT max(number) FROM containers').raw(true).all()[0];
      const number = Array.isArray(row) ? Number(row[0]) : 0;
      const table = new DocumentTable(this.database, number, definition.defaultTtlS !== undefined);
      const entry = { ...definition, number, database, etag, timestampS, table };
      this.containers.set(containerKey(database, definition.id), entry);
      return entry;
    });
  }

  /** @throws CosmosError 404 */
  async replaceContainer(database: string, definition: ContainerDefinition): Promise<ContainerEntry> {
    return this.write(() => {
      const before = this.containerNamed(database, definition.id);
      const kept = { ...definition, offer: before.offer };
      const entry = { ...before, ...kept, etag: newEtag(), timestampS: nowS() };
      this.database
        .prepare('UPDATE containers SET definition = ?, etag = ?, ts = ? WHERE number = ?')
        .run(JSON.stringify(kept), entry.etag, entry.timestampS, before.number);
      if (before.defaultTtlS !== definition.defaultTtlS) before.table.resetExpiry(definition.defaultTtlS);
      this.containers.set(containerKey(database, definition.id), entry);
      return entry;
    });
  }

  /** @throws CosmosError 404 */
  async deleteContainer(database: string, id: string): Promise<void> {
    await this.write(() => this.removeContainer(this.containerNamed(database, id)));
  }

  /** Deletes some of the rows whose time to live has passed. */
  async purgeExpired(nowMs: number): Promise<void> {
    for (const container of this.containers.values()) {
      if (container.defaultTtlS !== undefined) await this.write(() => container.table.purge(nowMs));
    }
  }

  close(): void {
    this.queue.flush();
    this.database.close();
  }

  private removeContainer(container: ContainerEntry): void {
    container.table.drop();
    this.database.prepare('DELETE FROM containers WHERE number = ?').run(container.number);
    this.containers.delete(containerKey(container.database, container.id));
  }

  /** A file of an earlier version lacks it. */
  private addColumn(table: string, column: string): void {
    const known = this.database.prepare(`SELECT name FROM pragma_table_info('${table}')`).raw(true).all();
    const isThere = known.some((row) => Array.isArray(row) && row[0] === column.split(' ', 1)[0]);
    if (!isThere) this.database.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`);
  }

  private load(): void {
    for (const row of this.database.prepare('SELECT id, etag, ts, offer FROM databases').raw(true).all()) {
      const [id, etag, timestampS, text] = row as [string, string, number, string | null];
      const offer = text === null ? undefined : (JSON.parse(text) as Offer);
      this.databases.set(id, { id, etag, timestampS, offer });
    }
    const listed = this.database
      .prepare('SELECT number, database, definition, etag, ts FROM containers')
      .raw(true)
      .all();
    for (const row of listed) {
      const [number, database, text, etag, timestampS] = row as [number, string, string, string, number];
      const definition = JSON.parse(text) as Omit<ContainerDefinition, 'defaultTtlS'> & { defaultTtlS?: number };
      const table = new DocumentTable(this.database, number, definition.defaultTtlS !== undefined);
      const entry = { ...definition, defaultTtlS: definition.defaultTtlS, number, database, etag, timestampS, table };
      this.containers.set(containerKey(database, definition.id), entry);
    }
  }
}

/** Entity tags carry their quotes, in headers and in documents. */
export const newEtag = (): string => `"${randomUUID()}"`;

export const nowS = (): number => Math.floor(Date.now() / 1000);

const containerKey = (database: string, id: string): string => `${database}/${id}`;
