import { createHash } from 'node:crypto';
import { defined } from '../../domain/defined';
import {
  type AuditEntry,
  type AuditVerb,
  type AuditWord,
  chained,
  noted,
  type StoredAuditEntry,
} from '../../domain/run/audit';
import { decided, statusOf } from '../../domain/run/facts';
import { instanceIdOf } from '../../domain/run/instance-id';
import type { RunState } from '../../domain/run/run-state';
import type { StateParts } from '../versioned-state';

/** Who speaks where no person does. */
export const SYSTEM = 'system';

const KEY = 'audit';

/** One command for the audit trail. */
export interface Spoken {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly verb: AuditVerb;
  /** Default `system`. */
  readonly who?: string | undefined;
  /** How the name is known; absent where the system speaks. */
  readonly how?: string | undefined;
  readonly reason?: string | undefined;
}

/** The trail of one run: a part of its actor's state that grows with the words that changed something. */
export class AuditTrail {
  static readonly keys: readonly string[] = [KEY];

  constructor(private readonly state: StateParts) {}

  /** Oldest first. @param runId the id of this run: the chain begins with it */
  async entries(runId: string): Promise<readonly AuditEntry[]> {
    return chained(await this.stored(), { runId: instanceIdOf(runId), sha256 });
  }

  /** The part to commit with what a word has changed. A cap is named where the word has set it. */
  async with(before: RunState, after: RunState, spoken: Spoken): Promise<Readonly<Record<string, unknown>>> {
    const { at, who = SYSTEM, how, verb, reason } = spoken;
    const { maxTransactions } = after;
    const isCapSet = maxTransactions !== undefined && maxTransactions !== before.maxTransactions;
    const word: AuditWord = {
      ...{ at, who, verb },
      ...defined({ how, reason }),
      ...(isCapSet && { maxTransactions }),
      ...{ from: statusOf(decided(before)), to: statusOf(decided(after)) },
    };
    return { [KEY]: noted(await this.stored(), word, { runId: instanceIdOf(before.request.id), sha256 }) };
  }

  private async stored(): Promise<readonly StoredAuditEntry[]> {
    return (await this.state.part<readonly StoredAuditEntry[]>(KEY)) ?? [];
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
