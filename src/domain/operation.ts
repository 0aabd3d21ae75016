import type { ContainerQuote } from './money/container-quote';
import type { Repair, Verification } from './container/verification';

/**
 * A request that went on after its caller was answered. Its record outlives the process that works on it.
 *
 * I1 A record that says `Running` and was not renewed for LOST_AFTER_MS belongs to a process that is gone: it is shown
 *    as failed, and never keeps a caller waiting for ever.
 */
export interface Operation {
  readonly id: string;
  readonly kind: 'verify' | 'repair' | 'quote';
  readonly container: string;
  readonly status: 'Running' | 'Succeeded' | 'Failed' | 'Cancelled';
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly result?: Verification | Repair | ContainerQuote;
  /** What went wrong, in words for a person. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** The records that there are of one container, oldest first: so that they are found when they are to be forgotten. */
export interface KnownOperations {
  readonly container: string;
  readonly operations: readonly KnownOperation[];
}

export interface KnownOperation extends Pick<Operation, 'id' | 'startedAt'> {
  /** Somebody wants it to end: whichever process works on it reads that here. */
  readonly cancel?: true;
}

export function withCancel(known: KnownOperations, id: string): KnownOperations {
  const operations = known.operations.map((one) => (one.id === id ? { ...one, cancel: true as const } : one));
  return { ...known, operations };
}

export function isCancelled(known: KnownOperations | undefined, id: string): boolean {
  return known?.operations.some((one) => one.id === id && one.cancel === true) ?? false;
}

export function remembered(
  known: KnownOperations | undefined,
  { id, container, startedAt }: Pick<Operation, 'id' | 'container' | 'startedAt'>,
): KnownOperations {
  return { container, operations: [...(known?.operations ?? []), { id, startedAt }] };
}

/** As many records as a container keeps: all that are known of it stand in one document, which is rewritten by each. */
export const KEPT_OPERATIONS = 1_000;

/** What is known beyond that, the oldest. */
export function surplus({ operations }: KnownOperations): string[] {
  return operations.slice(0, -KEPT_OPERATIONS).map(({ id }) => id);
}

/** Those that began before then; times are all in UTC, so their text has their order. */
export function startedBefore({ operations }: KnownOperations, time: string): string[] {
  return operations.filter(({ startedAt }) => startedAt < time).map(({ id }) => id);
}

/** What is known without these; undefined when that is nothing. */
export function without(known: KnownOperations, ids: ReadonlySet<string>): KnownOperations | undefined {
  const operations = known.operations.filter(({ id }) => !ids.has(id));
  return operations.length > 0 ? { ...known, operations } : undefined;
}

export const RENEW_EVERY_MS = 10_000;
export const LOST_AFTER_MS = 60_000;

/** The record as it is to be believed at `nowMs` (I1). `updatedAtMs` is its time of renewal in milliseconds. */
export function believed(operation: Operation, updatedAtMs: number, nowMs: number): Operation {
  if (operation.status !== 'Running' || nowMs - updatedAtMs < LOST_AFTER_MS) return operation;
  const message = 'The process that worked on it has ended. Nothing is half done: ask again.';
  return { ...operation, status: 'Failed', error: { code: 'lost', message } };
}
