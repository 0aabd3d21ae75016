import { defined } from '../../domain/defined';
import { type AuditEntry, type AuditVerb, noted } from '../../domain/run/audit';
import { decided, statusOf } from '../../domain/run/facts';
import type { RunState } from '../../domain/run/run-state';
import type { StateParts } from '../versioned-state';

/** Who speaks where no person does. */
export const SYSTEM = 'system';

const KEY = 'audit';

export interface Spoken {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly verb: AuditVerb;
  /** Default `system`. */
  readonly who?: string | undefined;
  readonly reason?: string | undefined;
}

/** The trail of one run: a part of its actor's state that grows with the words that changed something. */
export class AuditTrail {
  static readonly keys: readonly string[] = [KEY];

  constructor(private readonly state: StateParts) {}

  /** Oldest first. */
  async entries(): Promise<readonly AuditEntry[]> {
    return (await this.state.part<readonly AuditEntry[]>(KEY)) ?? [];
  }

  /** The part to commit with what a word has changed. A cap is named where the word has set it. */
  async with(before: RunState, after: RunState, spoken: Spoken): Promise<Readonly<Record<string, unknown>>> {
    const { at, who = SYSTEM, verb, reason } = spoken;
    const { maxTransactions } = after;
    const isCapSet = maxTransactions !== undefined && maxTransactions !== before.maxTransactions;
    const entry: AuditEntry = {
      ...{ at, who, verb },
      ...defined({ reason }),
      ...(isCapSet && { maxTransactions }),
      ...{ from: statusOf(decided(before)), to: statusOf(decided(after)) },
    };
    return { [KEY]: noted(await this.entries(), entry) };
  }
}
