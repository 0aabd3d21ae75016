/**
 * Runs a planned query page by page.
 *
 * Q1 A page costs what it returns: it starts at the position of the last one and reads on from there.
 * Q2 A continuation token belongs to one query over one partition; with any other it is refused with 400.
 * Q3 A page ends at the number of items asked for, or at 4 MB, whichever comes first.
 */
import { createHash } from 'node:crypto';
import { type Scan, SCAN_ROWS, type ScannedRow } from './document-table';
import type { PartitionKey } from './partition-key';
import { CosmosError, MAX_PAGE_BYTES, unsupported } from './protocol';
import { sortRows } from './sorted-scan';
import { createAggregate } from './sql/aggregates';
import { buildObject, evaluate } from './sql/evaluator';
import { type Plan, planQuery, type SqlValue } from './sql/plan';
import type { Projection, Query } from './sql/syntax';
import { isArray, isObject, isWellFormed, type Json, type Value } from './sql/values';
import type { ContainerEntry } from './store';

export interface QueryRequest {
  readonly query: Query;
  readonly partitionKey: PartitionKey | undefined;
  readonly maxItems: number;
  readonly continuation: string | undefined;
  /** What the continuation token is bound to (Q2): the text and the parameters. */
  readonly identity: string;
}

export interface Page {
  /** JSON texts. */
  readonly items: readonly string[];
  readonly continuation: string | undefined;
}

/** Where a scan stands. */
interface Cursor {
  segment: number;
  after: readonly SqlValue[] | undefined;
  /** Items still to skip (OFFSET) and still to give (LIMIT, TOP). */
  skip: number;
  left: number | undefined;
}

export function runQuery(container: ContainerEntry, request: QueryRequest): Page {
  const { query, partitionKey } = request;
  const isPartitioned = partitionKey !== undefined;
  const plan = planQuery(query, isPartitioned, (keys) => container.table.mayIndex(keys, isPartitioned));
  const base = { plan, partitionKey, nowMs: Date.now() };
  const segments = plan.driver.kind === 'path' ? plan.driver.ranks.length : 1;
  if (query.projection.kind === 'aggregate') {
    const value = aggregate(container, base, segments, query.projection);
    return { items: value === undefined ? [] : [JSON.stringify(value)], continuation: undefined };
  }
  const digest = createHash('sha256')
    .update(`${request.identity}\n${partitionKey ?? ''}`)
    .digest('base64url')
    .slice(0, 16);
  const cursor = readToken(request.continuation, digest) ?? {
    segment: 0,
    after: undefined,
    skip: query.offset,
    left: query.limit,
  };
  const { items, isDone } = collect(container, base, segments, cursor, request);
  return { items, continuation: isDone ? undefined : writeToken(cursor, digest) };
}

/** Clients read 16 KB of headers. */
const MAX_TOKEN_CHARACTERS = 12_000;

/** Type, value, partition and id. */
const MAX_POSITION = 4;

type ScanBase = Pick<Scan, 'plan' | 'partitionKey' | 'nowMs'>;

/** Moves the cursor and gathers one page. */
function collect(
  container: ContainerEntry,
  base: ScanBase,
  segments: number,
  cursor: Cursor,
  { query, maxItems }: QueryRequest,
): { items: string[]; isDone: boolean } {
  const items: string[] = [];
  let bytes = 0;
  const isSelective = base.plan.residual !== undefined || cursor.skip > 0;
  while (cursor.segment < segments) {
    if (cursor.left === 0) return { items, isDone: true };
    const wanted = Math.min(maxItems, cursor.left ?? maxItems) - items.length + 1;
    const limit = isSelective ? Math.max(wanted, SCAN_ROWS) : wanted;
    const rows = rowsAfter(container, { ...base, segment: cursor.segment, after: cursor.after }, limit);
    for (const row of rows) {
      if (cursor.left === 0) return { items, isDone: true };
      if (items.length >= maxItems || bytes >= MAX_PAGE_BYTES) return { items, isDone: false }; // Q3
      cursor.after = row.position;
      const item = project(base.plan, query.projection, row.text);
      if (item === undefined) continue;
      if (cursor.skip > 0) {
        cursor.skip -= 1;
        continue;
      }
      if (cursor.left !== undefined) cursor.left -= 1;
      items.push(item);
      bytes += item.length;
    }
    if (rows.length < limit) {
      cursor.segment += 1;
      cursor.after = undefined;
    }
  }
  return { items, isDone: true };
}

function rowsAfter(container: ContainerEntry, scan: Scan, limit: number): ScannedRow[] {
  const { driver, descending, residual } = scan.plan;
  if (driver.kind !== 'sorted') return container.table.scan(scan, limit);
  const keeps = (document: Json) => residual === undefined || evaluate(residual, document) === true;
  return sortRows(container.table.rows(scan), keeps, { keys: driver.keys, descending, after: scan.after, limit });
}

/** The text to send for a row; undefined when the row is no part of the answer. */
function project(plan: Plan, projection: Projection, text: string): string | undefined {
  if (plan.residual === undefined && projection.kind === 'all') return text;
  const document = JSON.parse(text) as Json;
  if (plan.residual !== undefined && evaluate(plan.residual, document) !== true) return undefined;
  switch (projection.kind) {
    case 'all':
      return text;
    case 'fields':
      return JSON.stringify(buildObject(projection.fields, document));
    case 'value': {
      const value = evaluate(projection.expression, document);
      return value === undefined ? undefined : JSON.stringify(value);
    }
    case 'aggregate':
      throw new Error('aggregates have no rows');
  }
}

function aggregate(
  container: ContainerEntry,
  base: ScanBase,
  segments: number,
  projection: Extract<Projection, { kind: 'aggregate' }>,
): Value {
  const { expression, name } = projection;
  const countsRows = name === 'COUNT' && expression.kind === 'constant' && expression.value !== undefined;
  const state = createAggregate(name);
  let rowCount = 0;
  for (let segment = 0; segment < segments; segment += 1) {
    if (countsRows && base.plan.residual === undefined) {
      rowCount += container.table.count({ ...base, segment, after: undefined });
      continue;
    }
    for (const text of allRows(container, { ...base, segment, after: undefined })) {
      const document = JSON.parse(text) as Json;
      if (base.plan.residual !== undefined && evaluate(base.plan.residual, document) !== true) continue;
      state.add(evaluate(expression, document));
    }
  }
  return countsRows && base.plan.residual === undefined ? rowCount : state.result();
}

function* allRows(container: ContainerEntry, scan: Scan): Generator<string> {
  let after = scan.after;
  for (;;) {
    const rows = container.table.scan({ ...scan, after }, SCAN_ROWS);
    for (const row of rows) yield row.text;
    if (rows.length < SCAN_ROWS) return;
    after = rows.at(-1)?.position;
  }
}

/** @throws CosmosError 400 when the place is named by a text that no header can carry. */
function writeToken(cursor: Cursor, digest: string): string {
  const token = Buffer.from(
    JSON.stringify({ d: digest, s: cursor.segment, a: cursor.after, o: cursor.skip, l: cursor.left }),
  ).toString('base64url');
  if (token.length > MAX_TOKEN_CHARACTERS) throw unsupported('paging through an order by texts of many kilobytes');
  return token;
}

/** @throws CosmosError 400 (Q2): what a client sends back is looked at field by field before it is bound. */
function readToken(token: string | undefined, digest: string): Cursor | undefined {
  if (token === undefined || token === '') return undefined;
  let parsed: Json;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as Json;
  } catch {
    throw new CosmosError(400, 'Invalid continuation token.');
  }
  if (!isObject(parsed)) throw new CosmosError(400, 'Invalid continuation token.');
  const { d, s = 0, a: after, o = 0, l: left } = parsed;
  if (d !== digest) throw new CosmosError(400, 'The continuation token belongs to another query.');
  const isPosition = after === undefined || (isArray(after) && after.length <= MAX_POSITION && after.every(isSqlValue));
  if (!isCount(s) || !isPosition || !isCount(o) || (left !== undefined && !isCount(left))) {
    throw new CosmosError(400, 'Invalid continuation token.');
  }
  return { segment: s, after: after?.filter(isSqlValue), skip: o, left };
}

const isCount = (value: Value): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isSqlValue = (value: Json): value is SqlValue =>
  typeof value === 'number' || (typeof value === 'string' && isWellFormed(value));
