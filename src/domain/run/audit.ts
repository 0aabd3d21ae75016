import { lastWithin, MAX_STORED_BYTES } from '../bytes';
import type { RunStatus } from './run';

/**
 * Who told a run what, and what came of it. Only words that changed something stand here.
 *
 * I1 Append-only: an entry is never changed. The last MAX_AUDIT are kept, or fewer where their reasons are long.
 * I2 Hash-chained: each entry carries the hash of the one before and of itself, so an entry that was changed, left out,
 *    put in or moved breaks the chain. The hash needs no key: whoever can write the whole trail can also write another
 *    whole trail. Keep the last hash elsewhere to hold the trail against it.
 */
export interface AuditWord {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The name of the caller; `api` where it gave none, `system` where no person spoke. */
  readonly who: string;
  /** How that name is known: `claimed`, or the kind of credential. Absent in entries of older builds, and of the system. */
  readonly how?: string | undefined;
  readonly verb: AuditVerb;
  readonly reason?: string | undefined;
  /** The cap that was set with the word. */
  readonly maxTransactions?: number | undefined;
  readonly from: RunStatus;
  readonly to: RunStatus;
}

/** A word in its place in the chain. */
export interface AuditEntry extends AuditWord {
  /** From 1, without a gap. */
  readonly seq: number;
  /** Of the entry before; of the first entry, the hash of the run's id. 64 hexadecimal digits. */
  readonly previousHash: string;
  readonly hash: string;
}

/** As stored: entries of builds before the chain have no place in it yet. */
export type StoredAuditEntry = AuditWord & Partial<Pick<AuditEntry, 'seq' | 'previousHash' | 'hash'>>;

export const AUDIT_VERBS = ['pause', 'resume', 'cancel', 'fail', 'approve', 'decline', 'expire', 'retry'] as const;
export type AuditVerb = (typeof AUDIT_VERBS)[number];

export const MAX_AUDIT = 1_000;

/** SHA-256 of the UTF-8 text, as 64 hexadecimal digits. */
export type Sha256 = (text: string) => string;

/** The trail with one more word at its end. */
export function noted(
  trail: readonly StoredAuditEntry[],
  word: AuditWord,
  chain: { readonly runId: string; readonly sha256: Sha256 },
): readonly AuditEntry[] {
  return lastWithin(chained([...trail, word], chain).slice(-MAX_AUDIT), MAX_STORED_BYTES);
}

/** Entries of older builds get their place when they are read; what has one keeps it as it is stored. */
export function chained(
  trail: readonly StoredAuditEntry[],
  { runId, sha256 }: { readonly runId: string; readonly sha256: Sha256 },
): readonly AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const entry of trail) {
    if (isChained(entry)) {
      entries.push(entry);
      continue;
    }
    const { seq, previousHash, hash, ...word } = entry;
    const last = entries.at(-1);
    const place = {
      seq: seq ?? (last?.seq ?? 0) + 1,
      previousHash: previousHash ?? last?.hash ?? sha256(runId),
    };
    entries.push({ ...word, ...place, hash: hash ?? hashOf(word, place, sha256) });
  }
  return entries;
}

function isChained(entry: StoredAuditEntry): entry is AuditEntry {
  return entry.seq !== undefined && entry.previousHash !== undefined && entry.hash !== undefined;
}

export type AuditVerdict =
  | { readonly whole: true; readonly entries: number; readonly firstSeq: number; readonly lastHash: string }
  /** `seq`: the first entry that does not fit, as it says of itself. */
  | { readonly whole: false; readonly seq: number; readonly why: 'changed' | 'gap' };

/** Does every entry follow from the one before (I2)? Entries that were pushed out are no gap: `firstSeq` tells of them. */
export function verifyAudit(runId: string, entries: readonly AuditEntry[], sha256: Sha256): AuditVerdict {
  let before: Pick<AuditEntry, 'seq' | 'hash'> | undefined;
  for (const entry of entries) {
    const { seq, previousHash, hash } = entry;
    const expected = before ?? (seq === 1 ? { seq: 0, hash: sha256(runId) } : { seq: seq - 1, hash: previousHash });
    if (seq !== expected.seq + 1 || previousHash !== expected.hash) return { whole: false, seq, why: 'gap' };
    if (hash !== hashOf(entry, entry, sha256)) return { whole: false, seq, why: 'changed' };
    before = entry;
  }
  const firstSeq = entries[0]?.seq ?? 1;
  return { whole: true, entries: entries.length, firstSeq, lastHash: before?.hash ?? sha256(runId) };
}

/** Of the fields in a fixed order; an absent one is null. */
function hashOf(
  { at, who, how, verb, reason, maxTransactions, from, to }: AuditWord,
  { seq, previousHash }: Pick<AuditEntry, 'seq' | 'previousHash'>,
  sha256: Sha256,
): string {
  const fields = [previousHash, seq, at, who, how, verb, reason, maxTransactions, from, to];
  return sha256(JSON.stringify(fields.map((field) => field ?? null)));
}
