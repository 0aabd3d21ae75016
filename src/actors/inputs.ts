import { z } from 'zod';
import { isContainerName } from '../domain/container/container-name';
import { isRunId } from '../domain/ids';

/**
 * What actors take. Whoever holds the sidecar's token can call any method with anything, so each input is read by a schema
 * before its actor looks at its state: numbers are finite and in range, ids are ours, and fields that nobody knows are left
 * out. The bounds are those of what can be stored; what is sensible the use cases decide.
 */

/** A method that takes nothing reads nothing. */
export const nothing = z.unknown();

/** Not below zero, and exact. */
export const count = z.number().int().nonnegative();

/** Below zero too: an estimate is a difference of counts. */
export const whole = z.number().int();

/** As `isRunId` of domain/ids.ts takes it. */
export const runId = z.string().refine(isRunId, 'is no run id');

/** A name that Blob Storage takes. */
export const containerName = z.string().refine(isContainerName, 'is no name of a container');

/** Names of processes, sessions, executions, people. */
export const label = z.string().max(500);

/** A sentence, or what an error said. */
export const sentence = z.string().max(20_000);

/** RFC 3339, UTC. */
export const instant = z.iso.datetime();

/** Page from 0, chunk 0 to 99 within it. */
export const chunkRef = z.object({ runId, page: count.max(10_000_000), chunk: count.max(99) });

/** Exact sums by key (domain/container/totals.ts): a letter, a colon, a name from Vision. */
export const counters = z.record(
  z
    .string()
    .regex(/^[a-z]:/)
    .max(1_000),
  whole,
);
