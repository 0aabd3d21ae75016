import type { AuditEntry } from '../../src/domain/run/audit';
import type { ImageDocument } from '../../src/domain/image/image';
import type { Receipt } from '../../src/domain/run/receipt';
import type { RunView } from '../../src/domain/run/run';

/** Rules of the oracle that are arithmetic on what it has read: what each finds broken, in words. */

/** I10: neither the run, nor its receipt, nor Vision (where this run alone called it) has more than the cap allows. */
export function overspent(
  { maxTransactions: cap, transactions }: Pick<RunView, 'maxTransactions' | 'transactions'>,
  receipt: Pick<Receipt, 'transactions'>,
  billed = 0,
): string[] {
  if (cap === undefined) return [];
  const told = { 'the run': transactions, 'the receipt': receipt.transactions, Vision: billed };
  return Object.entries(told)
    .filter(([, spent]) => spent > cap)
    .map(([who, spent]) => `I10: ${who} tells of ${spent} transactions under a cap of ${cap}`);
}

const LEASE_MS = 1_000;
/** From the permit to Vision's book, on a busy machine. */
const ON_THE_WAY_MS = 250;
const STOPS: readonly string[] = ['pause', 'cancel', 'decline', 'expire', 'fail'];

/** I9: from one lease after a word that stops the run, until it is told to go on or `untilMs`, no call has begun. */
export function lateCalls(
  audit: readonly Pick<AuditEntry, 'at' | 'verb'>[],
  startsMs: readonly number[],
  untilMs: number,
): string[] {
  const breaches: string[] = [];
  for (const [n, { at, verb }] of audit.entries()) {
    if (!STOPS.includes(verb)) continue;
    const saidMs = Date.parse(at);
    const goesOn = audit.slice(n + 1).find((later) => later.verb === 'resume');
    const endMs = Math.min(untilMs, goesOn ? Date.parse(goesOn.at) : untilMs);
    const late = startsMs.filter((startMs) => startMs > saidMs + LEASE_MS + ON_THE_WAY_MS && startMs < endMs);
    const last = Math.max(...late) - saidMs;
    if (late.length > 0)
      breaches.push(`I9: ${late.length} calls began after the ${verb} of ${at}, the last ${last} ms`);
  }
  return breaches;
}

/** The configured default: what a listing may lose of the known images and be believed. */
const MAX_LOST_SHARE = 0.2;

/** I11: without consent a run removes at most that share of what was known before it, and nothing where it held back. */
export function unaskedRemovals(
  run: Pick<RunView, 'id' | 'prefix' | 'removed' | 'failureGroups'>,
  documents: readonly Pick<ImageDocument, 'blob' | 'runId' | 'status' | 'replaced'>[],
): string[] {
  const known = documents.filter((document) => document.blob.startsWith(run.prefix) && wasKnown(document, run.id));
  const removed = known.filter(({ runId, status }) => runId === run.id && status === 'removed').length;
  if (heldBack(run) > 0 && removed + run.removed > 0) {
    return [`I11: ${removed} documents were removed, ${run.removed} are said to be, by a run that held back`];
  }
  return removed > known.length * MAX_LOST_SHARE
    ? [`I11: ${removed} of ${known.length} known images were removed without consent`]
    : [];
}

/** Known images that were not listed and whose results the run left as they were. */
export function heldBack({ failureGroups }: Pick<RunView, 'failureGroups'>): number {
  return failureGroups.find(({ reason }) => reason === 'shrink')?.count ?? 0;
}

/** Were there results of it when the run began? */
function wasKnown({ runId, status, replaced }: Pick<ImageDocument, 'runId' | 'status' | 'replaced'>, id: string) {
  if (runId !== id) return status !== 'removed';
  const before = Object.keys(replaced);
  return before.length > 0 && !before.includes('i:removed');
}
