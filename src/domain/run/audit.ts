import type { RunStatus } from './run';

/** Who told a run what, and what came of it. Only words that changed something stand here; the last MAX_AUDIT are kept. */
export interface AuditEntry {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** As the caller named itself; `api` where it did not, `system` where nobody said it. */
  readonly who: string;
  readonly verb: AuditVerb;
  readonly reason?: string;
  /** The cap that was set with the word. */
  readonly maxTransactions?: number;
  readonly from: RunStatus;
  readonly to: RunStatus;
}

export const AUDIT_VERBS = ['pause', 'resume', 'cancel', 'fail', 'approve', 'decline', 'expire', 'retry'] as const;
export type AuditVerb = (typeof AUDIT_VERBS)[number];

export const MAX_AUDIT = 100;

export function noted(trail: readonly AuditEntry[], entry: AuditEntry): readonly AuditEntry[] {
  return [...trail, entry].slice(-MAX_AUDIT);
}
