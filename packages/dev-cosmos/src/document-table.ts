/**
 * The SQLite table of one container: rows, time to live, indexes, scans.
 *
 * T1 (partition key, id) is unique; the document is stored as the JSON text that is sent to clients.
 * T2 A row whose time to live has passed is invisible to every read here, whether or not it was purged yet.
 * T3 An index over a path is built when a query first needs it and maintained by SQLite from then on, so it can never
 *    disagree with the documents.
 * T4 Scans end in rows that were all fetched: an iterator left open would hold a read transaction and stop checkpoints.
 * T5 The names of a query reach a statement only as plain words (plan.ts, L5): everything else here is ours or bound. The
 *    number of indexes is bounded, so that a stream of odd queries cannot make writes slow.
 * T6 Each write of a row gives it a sequence number above all before it, also over a restart and after deletions: it leans on
 *    the clock (microseconds) and on the last one. Its index is built when the change feed is first read.
 */

import type Database from 'libsql';
import type { PartitionKey } from './partition-key';
import { follow } from './sql/evaluator';
import { type Plan, rankSql, type SqlValue, valueSql } from './sql/plan';
import type { Json } from './sql/values';

export interface StoredDocument {
  readonly rid: number;
  readonly etag: string;
  readonly text: string;
}

export interface NewRow {
  readonly rid: number;
  readonly partitionKey: PartitionKey;
  readonly id: string;
  readonly etag: string;
  /** Milliseconds since 1970; undefined = never. */
  readonly expiresAtMs: number | undefined;
  readonly text: string;
}

export interface ScannedRow {
  readonly text: string;
  /** Where the scan stands after this row; opaque outside of this module. */
  readonly position: readonly SqlValue[];
}

export interface Scan {
  readonly plan: Plan;
  readonly partitionKey: PartitionKey | undefined;
  /** One for each rank of a path driver, else only 0. */
  readonly segment: number;
  readonly after: readonly SqlValue[] | undefined;
  readonly nowMs: number;
}

export interface ChangeScan {
  readonly after: number;
  readonly partitionKey: PartitionKey | undefined;
  readonly nowMs: number;
}

export interface Change {
  readonly lsn: number;
  readonly partitionKey: PartitionKey;
  readonly text: string;
}

type Statement = Database.Statement<SqlBinding[]>;
type SqlBinding = SqlValue | null;

/** Rows fetched at once. */
export const SCAN_ROWS = 512;
const MAX_CACHED_STATEMENTS = 200;
const PURGE_ROWS = 1000;
/** T6: room for a thousand writes in a millisecond before numbers run ahead of the clock. */
const LSN_PER_MS = 1000;
/** T5 */
const MAX_INDEXES = 64;

export class DocumentTable {
  private readonly name: string;
  private readonly indexes: Set<string>;
  private readonly statements = new Map<string, Statement>();
  private lastRid: number;
  private lastLsn: number;

  constructor(
    private readonly database: Database.Database,
    number: number,
    /** Whether rows can expire at all: without it a count needs no look at the rows themselves. */
    private hasExpiry: boolean,
  ) {
    this.name = `docs_${number}`;
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${this.name} (rid INTEGER PRIMARY KEY, pk TEXT NOT NULL, id TEXT NOT NULL, etag TEXT NOT NULL,
         expires INTEGER, doc TEXT NOT NULL, lsn INTEGER NOT NULL DEFAULT 0, UNIQUE (pk, id));
       CREATE INDEX IF NOT EXISTS "${this.name}:expires" ON ${this.name} (expires) WHERE expires IS NOT NULL;`,
    );
    const listed = database.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?").raw(true);
    this.indexes = new Set(listed.all(this.name).map((row) => textAt(row, 0)));
    for (const name of this.indexes) {
      // Older files hold indexes whose names differ from others by case alone, which SQLite takes for the same.
      if (
        !/^docs_\d+:(?:expires|id|lsn|lsn_one|(?:all|one):(?:\^[A-Z]|[a-z0-9_.])+)$/.test(name) &&
        name.startsWith('docs_')
      ) {
        database.exec(`DROP INDEX "${name.replaceAll('"', '""')}"`);
        this.indexes.delete(name);
      }
    }
    const columns = database.prepare(`SELECT name FROM pragma_table_info('${this.name}')`).raw(true).all();
    if (!columns.some((row) => textAt(row, 0) === 'lsn')) {
      // Files of before the change feed: what is there counts as written in the order of its creation.
      database.exec(
        `ALTER TABLE ${this.name} ADD COLUMN lsn INTEGER NOT NULL DEFAULT 0; UPDATE ${this.name} SET lsn = rid`,
      );
    }
    const last = database.prepare(`SELECT max(rid), max(lsn) FROM ${this.name}`).raw(true).all()[0];
    this.lastRid = numberAt(last, 0);
    this.lastLsn = numberAt(last, 1);
  }

  /** A number for a new row, never given twice. */
  nextRid(): number {
    this.lastRid += 1;
    return this.lastRid;
  }

  get(partitionKey: PartitionKey, id: string, nowMs: number): StoredDocument | undefined {
    const statement = this.statement(
      `SELECT rid, etag, doc FROM ${this.name} WHERE pk = ? AND id = ? AND (expires IS NULL OR expires > ?)`,
    );
    const row = statement.all(partitionKey, id, nowMs)[0];
    return row === undefined ? undefined : { rid: numberAt(row, 0), etag: textAt(row, 1), text: textAt(row, 2) };
  }

  /** Rid and etag only, for a write that does not need the document. */
  head(partitionKey: PartitionKey, id: string, nowMs: number): Omit<StoredDocument, 'text'> | undefined {
    const statement = this.statement(
      `SELECT rid, etag FROM ${this.name} WHERE pk = ? AND id = ? AND (expires IS NULL OR expires > ?)`,
    );
    const row = statement.all(partitionKey, id, nowMs)[0];
    return row === undefined ? undefined : { rid: numberAt(row, 0), etag: textAt(row, 1) };
  }

  put(row: NewRow): void {
    this.statement(
      `INSERT INTO ${this.name} (rid, pk, id, etag, expires, doc, lsn) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (pk, id) DO UPDATE SET
         etag = excluded.etag, expires = excluded.expires, doc = excluded.doc, lsn = excluded.lsn`,
    ).run(row.rid, row.partitionKey, row.id, row.etag, row.expiresAtMs ?? null, row.text, this.nextLsn());
  }

  deletePartition(partitionKey: PartitionKey): void {
    this.statement(`DELETE FROM ${this.name} WHERE pk = ?`).run(partitionKey);
  }

  /** What was written after a sequence number, in order. */
  changes({ after, partitionKey, nowMs }: ChangeScan, limit: number): Change[] {
    const index = `${this.name}:lsn${partitionKey === undefined ? '' : '_one'}`;
    this.ensureIndex(index, partitionKey === undefined ? 'lsn' : 'pk, lsn');
    const where = partitionKey === undefined ? '' : 'pk = ? AND ';
    const statement = this.statement(
      `SELECT doc, lsn, pk FROM ${this.name} INDEXED BY "${index}"
       WHERE ${where}lsn > ? AND (expires IS NULL OR expires > ?) ORDER BY lsn LIMIT ?`,
    );
    const rows = statement.all(...(partitionKey === undefined ? [] : [partitionKey]), after, nowMs, limit);
    return rows.map((row) => ({ text: textAt(row, 0), lsn: numberAt(row, 1), partitionKey: textAt(row, 2) }));
  }

  /** The sequence number that every write up to now is at or below, and every later one above. */
  latestChange(): number {
    this.lastLsn = Math.max(this.lastLsn, Date.now() * LSN_PER_MS);
    return this.lastLsn;
  }

  /** The sequence number that every write since a moment is above. */
  changesBefore(sinceMs: number): number {
    return Math.max(0, Math.floor(sinceMs) * LSN_PER_MS - 1);
  }

  private nextLsn(): number {
    this.lastLsn = Math.max(this.lastLsn + 1, Date.now() * LSN_PER_MS); // T6
    return this.lastLsn;
  }

  delete(partitionKey: PartitionKey, id: string): void {
    this.statement(`DELETE FROM ${this.name} WHERE pk = ? AND id = ?`).run(partitionKey, id);
  }

  /** Rows of one segment after a position, at most `limit`, in the order of the plan. */
  scan(scan: Scan, limit: number): ScannedRow[] {
    const columns = this.columns(scan);
    const { where, params } = this.where(scan);
    if (scan.after !== undefined) {
      const seek = seekAfter(columns, scan.after, scan.plan.descending);
      where.push(seek.sql);
      params.push(...seek.params);
    }
    const direction = scan.plan.descending ? ' DESC' : '';
    const order = columns.map((column) => column + direction).join(', ');
    const sql =
      `SELECT doc, ${columns.join(', ')} FROM ${this.source(scan)} WHERE ${where.join(' AND ')} ` +
      `ORDER BY ${order} LIMIT ?`;
    return this.statement(sql)
      .all(...params, limit)
      .map((row) => {
        const [text, ...position] = row as [string, ...SqlValue[]];
        return { text, position: wholePosition(scan, columns, text, position) };
      });
  }

  /** Rows of any order of JavaScript's making; `row.position` tells partition and id. */
  *rows(scan: Scan): Generator<ScannedRow> {
    const base: Scan = { ...scan, plan: { ...scan.plan, driver: { kind: 'primary' }, descending: false } };
    let after: readonly SqlValue[] | undefined;
    for (;;) {
      const rows = this.scan({ ...base, after }, SCAN_ROWS);
      yield* rows;
      if (rows.length < SCAN_ROWS) return;
      after = rows.at(-1)?.position;
    }
  }

  /** Whether a path has an index or may get one (T5). */
  mayIndex(keys: readonly string[], isPartitioned: boolean): boolean {
    return this.indexes.size < MAX_INDEXES || this.indexes.has(this.indexName(keys, isPartitioned));
  }

  /** How many rows a segment has, without looking at any of them in JavaScript. */
  count(scan: Scan): number {
    const { where, params } = this.where(scan);
    const sql = `SELECT count(*) FROM ${this.source(scan)} WHERE ${where.join(' AND ')}`;
    return numberAt(this.statement(sql).all(...params)[0], 0);
  }

  /** Deletes some expired rows; returns how many. */
  purge(nowMs: number): number {
    const sql = `DELETE FROM ${this.name} WHERE rid IN (SELECT rid FROM ${this.name} WHERE expires <= ? LIMIT ${PURGE_ROWS})`;
    return this.statement(sql).run(nowMs).changes;
  }

  /** Applies a container's default time to live to all rows: items may override it, -1 means never. */
  resetExpiry(defaultTtlS: number | undefined): void {
    this.hasExpiry = defaultTtlS !== undefined;
    const ttl = "coalesce(json_extract(doc,'$.ttl'), ?1)";
    const value =
      defaultTtlS === undefined
        ? 'NULL'
        : `CASE WHEN ${ttl} < 0 THEN NULL ELSE (json_extract(doc,'$._ts') + ${ttl}) * 1000 END`;
    const bound = defaultTtlS === undefined ? [] : [defaultTtlS];
    this.database.prepare<SqlBinding[]>(`UPDATE ${this.name} SET expires = ${value}`).run(...bound);
  }

  drop(): void {
    this.statements.clear();
    this.database.exec(`DROP TABLE IF EXISTS ${this.name}`);
  }

  private statement(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    if (this.statements.size >= MAX_CACHED_STATEMENTS) this.statements.clear();
    const statement = this.database.prepare<SqlBinding[]>(sql);
    if (sql.startsWith('SELECT')) statement.raw(true);
    this.statements.set(sql, statement);
    return statement;
  }

  /** What a scan is ordered by; the last columns make every position unique. */
  private columns({ plan, partitionKey }: Scan): string[] {
    if (plan.driver.kind === 'id') return ['id', 'pk'];
    const unique = partitionKey === undefined ? ['pk', 'id'] : ['id'];
    return plan.driver.kind === 'path' ? [valueSql(plan.driver.keys), ...unique] : unique;
  }

  private where({ plan, partitionKey, segment, nowMs }: Scan): { where: string[]; params: SqlValue[] } {
    const where: string[] = [];
    const params: SqlValue[] = [];
    if (partitionKey !== undefined) {
      where.push('pk = ?');
      params.push(partitionKey);
    }
    if (plan.driver.kind === 'path') where.push(`(${rankSql(plan.driver.keys)}) = ${plan.driver.ranks[segment] ?? -1}`);
    for (const condition of plan.conditions) {
      where.push(condition.sql);
      params.push(...condition.params);
    }
    if (this.hasExpiry) {
      where.push('(expires IS NULL OR expires > ?)'); // T2
      params.push(nowMs);
    }
    if (where.length === 0) where.push('TRUE');
    return { where, params };
  }

  /** The table with the index that serves the scan, built now if it is new (T3). */
  private source({ plan, partitionKey }: Scan): string {
    const { driver } = plan;
    if (driver.kind === 'primary' || driver.kind === 'sorted') return this.name;
    const index = driver.kind === 'id' ? `${this.name}:id` : this.indexName(driver.keys, partitionKey !== undefined);
    if (!this.indexes.has(index)) {
      const path = driver.kind === 'path' ? `${rankSql(driver.keys)}, ${valueSql(driver.keys)}` : '';
      const columns =
        driver.kind === 'id' ? 'id, pk' : partitionKey === undefined ? `${path}, pk, id` : `pk, ${path}, id`;
      this.ensureIndex(index, columns);
    }
    return `${this.name} INDEXED BY "${index}"`;
  }

  private ensureIndex(index: string, columns: string): void {
    if (this.indexes.has(index)) return;
    this.database.exec(`CREATE INDEX IF NOT EXISTS "${index}" ON ${this.name} (${columns})`);
    this.indexes.add(index);
  }

  /** Plain words only (L5). SQLite takes names that differ by case for the same, property paths are not: capitals are marked. */
  private indexName(keys: readonly string[], isPartitioned: boolean): string {
    const path = keys.join('.').replace(/[A-Z]/g, '^$&');
    return `${this.name}:${isPartitioned ? 'one' : 'all'}:${path}`;
  }
}

/** `(a, b) > (?, ?)` spelled out, so that the first column is a bound of the index. */
function seekAfter(columns: readonly string[], after: readonly SqlValue[], descending: boolean) {
  const sign = descending ? '<' : '>';
  const params: SqlValue[] = [];
  const nest = (index: number): string => {
    const column = columns[index] ?? 'id';
    const value = after[index] ?? '';
    if (index === columns.length - 1) {
      params.push(value);
      return `${column} ${sign} ?`;
    }
    params.push(value, value, value);
    return `${column} ${sign}= ? AND (${column} ${sign} ? OR (${column} = ? AND ${nest(index + 1)}))`;
  };
  return { sql: nest(0), params };
}

/** libsql 0.5 cuts a string it reads at its first NUL: such a position is taken from the document itself. */
function wholePosition({ plan }: Scan, columns: readonly string[], text: string, position: SqlValue[]): SqlValue[] {
  if (!text.includes('\\u0000')) return position;
  const document = JSON.parse(text) as Json;
  const value = plan.driver.kind === 'path' ? follow(document, plan.driver.keys) : undefined;
  const id = follow(document, ['id']);
  return position.map((cut, index) => {
    const whole = columns[index] === 'id' ? id : index === 0 ? value : undefined;
    return typeof cut === 'string' && typeof whole === 'string' ? whole : cut;
  });
}

function textAt(row: unknown, column: number): string {
  const value: unknown = Array.isArray(row) ? row[column] : undefined;
  return typeof value === 'string' ? value : '';
}

function numberAt(row: unknown, column: number): number {
  const value: unknown = Array.isArray(row) ? row[column] : undefined;
  return typeof value === 'number' ? value : 0;
}
