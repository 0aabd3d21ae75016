import {
  type BudgetReport,
  callsLeft,
  countMade,
  giveBackUnused,
  NOTHING_RESERVED,
  reserve,
} from '../../domain/money/run-budget';
import type { CallsMade } from '../../domain/money/unbooked-calls';
import type { LeaseGrant, LeaseRequest } from '../../domain/quota/quota';
import { MAX_RETRY_AFTER_MS } from '../../domain/retry';
import { type Control, controlOf } from '../../domain/run/facts';
import { type RunState, stopAtBudget, throttle } from '../../domain/run/run-state';
import type { VisionQuotaActorApi } from '../quota/vision-quota-actor.api';
import type { RunClock } from './leases';

/** Who asks for how many calls, and what each of them costs. */
export type Ask = Pick<LeaseRequest, 'asker' | 'want' | 'transactionsPerCall' | 'made'>;

/** How many calls may start now, and whether the run goes on. */
export interface Grant {
  readonly control: Control;
  readonly calls: number | 'unlimited';
  /** Why it is fewer than wanted, in a sentence. */
  readonly limit?: string;
}

/** Writes a new state and answers it as it is stored. */
export type Commit = (state: RunState) => Promise<RunState>;

/** Longer than a granted call may wait to be started, and two reports. */
const GRANTS_RETURN_MS = 2_500;

const LIMITS = {
  paused: 'Vision asked to wait: its rate limit is reached.',
  month:
    "This month's transactions are used up, of Vision or of this container: raise the cap of the quota, then resume.",
} as const;

/**
 * Calls that processes of one run may start: against the run's cap (invariants: domain/money/run-budget.ts), then against
 * the quota of the Vision resource.
 *
 * I1 What is given back is stored before the quota hears of it, so that a repeated report gives nothing back twice; and the
 *    quota hears of it before it is asked for more, so that a month is not used up by calls that nobody makes. Hence a
 *    report commits twice where it gives back and is granted something. The quota hears the total so far: a report that is
 *    repeated tells it again, as the quota may not have heard it.
 */
export class CallGrants {
  /** When calls were granted last. After a move nobody knows when, or to whom. */
  private grantedAtMs: number;

  constructor(
    private readonly clock: RunClock,
    private readonly commit: Commit,
    /** Absent: calls are not counted. */
    private readonly quota?: Pick<VisionQuotaActorApi, 'lease' | 'giveBack'>,
  ) {
    this.grantedAtMs = clock.monotonicMs();
  }

  /**
   * What was granted and not spent goes back to the run's cap and to the month, once, whatever the run does by now.
   * `unused` is in transactions. Answers the state as it is stored.
   */
  async settle(before: RunState, report: BudgetReport, made: CallsMade | undefined): Promise<RunState> {
    const known = before.budget ?? NOTHING_RESERVED;
    const returned = report.unused === 0 ? known : giveBackUnused(known, report); // I2 of run-budget
    const budget = made === undefined ? returned : countMade(returned, made); // I3 of run-budget
    const state = budget === known ? before : await this.commit({ ...before, budget });
    if (report.unused > 0) await this.giveBack(state, report.unused);
    return state;
  }

  /** `latest`: transactions of this report. */
  private async giveBack({ request, budget }: RunState, latest: number): Promise<void> {
    const returned = { by: request.id, transactions: budget?.returned ?? 0 };
    await this.quota?.giveBack({ container: request.container, transactions: latest, returned });
  }

  /** The quota hears what was made without grants by a run that is to start no call. */
  async tell(state: RunState, ask: Omit<Ask, 'want'>): Promise<void> {
    await this.lease(state, { ...ask, want: 0 });
  }

  /**
   * Calls against the run's cap, then against the quota; reserved before anybody hears of them (I1 of run-budget). A cap
   * that is reached, and a wait of Vision longer than a minute, stop the run here.
   */
  async grant(before: RunState, ask: Ask): Promise<Grant> {
    const { maxTransactions, budget = NOTHING_RESERVED } = before;
    const { want, transactionsPerCall: each } = ask;
    const left = maxTransactions === undefined ? want : callsLeft(budget, maxTransactions, each);
    const wanted = Math.min(want, left);
    const lease = await this.lease(before, { ...ask, want: wanted });
    const isCapReached = left === 0 && this.hasAllReturned();
    const stopped = want > 0 ? this.stop(before, lease, isCapReached) : before;
    if (stopped !== before) {
      await this.commit(stopped);
      return { control: controlOf(stopped), calls: 0 };
    }
    const control = controlOf(before);
    const why = lease?.limit;
    const limit = why === undefined || why === 'samples' ? {} : { limit: LIMITS[why] }; // a run is no sample
    const leased = lease?.calls ?? 'unlimited';
    if (leased === 'unlimited' && maxTransactions === undefined) return { control, calls: leased, ...limit };
    const calls = leased === 'unlimited' ? wanted : leased;
    if (calls > 0) {
      this.grantedAtMs = this.clock.monotonicMs();
      await this.commit({ ...before, budget: reserve(budget, calls * each) });
    }
    return { control, calls, ...limit };
  }

  /** The run as it is when work has to stop cleanly; unchanged when it need not. */
  private stop(before: RunState, lease: LeaseGrant | undefined, isCapReached: boolean): RunState {
    const at = this.at(0);
    if (lease?.limit === 'month') return stopAtBudget(before, LIMITS.month, at);
    const { pausedForMs = 0 } = lease ?? {};
    if (pausedForMs > MAX_RETRY_AFTER_MS) return throttle(before, this.at(pausedForMs), at);
    // An unlimited lease without a cap never comes here with a cap reached.
    if (!isCapReached || before.maxTransactions === undefined) return before;
    const reason = `The cap of ${before.maxTransactions} transactions is reached; resume with a higher one.`;
    return stopAtBudget(before, reason, at);
  }

  /** Calls that were granted and not started come back within a second; only then is a cap really reached. */
  private hasAllReturned(): boolean {
    return this.clock.monotonicMs() - this.grantedAtMs > GRANTS_RETURN_MS;
  }

  /** A run with a cap of its own is granted numbers, so that what it spends is booked with them. */
  private async lease({ request, maxTransactions }: RunState, ask: Ask): Promise<LeaseGrant | undefined> {
    const capped = maxTransactions === undefined ? {} : ({ counted: true } as const);
    return this.quota?.lease({ runId: request.id, container: request.container, ...ask, ...capped });
  }

  private at(inMs: number): string {
    return new Date(this.clock.nowMs() + inMs).toISOString();
  }
}
