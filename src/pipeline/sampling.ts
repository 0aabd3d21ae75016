import type { VisionQuotaActorApi } from '../actors/quota/vision-quota-actor.api';
import { defined } from '../domain/defined';
import { REPORT_INTERVAL_MS } from '../domain/run/chunk-lease';
import { outcomeOf } from '../domain/run/report';
import { MAX_RETRY_AFTER_MS } from '../domain/retry';
import type { Looked } from '../domain/money/sample';
import type { ChunkContext } from './chunk-context';
import { type ImageDeps, ImageWork } from './image-work';
import type { CallAhead } from './listing';
import type { Permit } from './run-session';

/**
 * Images analysed ahead of a run: really called, under the quota that runs share, through the cache that runs read.
 *
 * I1 A call starts only after the quota has granted it and has booked it, in the month and among the samples; what is not
 *    made goes back.
 * I2 Nothing is written but the cache: documents and totals stay those of the last run.
 * I3 It ends by itself: no call starts later than SAMPLE_MS, nor while the process ends.
 * I4 If its process dies, what a sample leaves behind delays others by CLAIM_MS at most.
 */
export interface SamplingDeps extends ImageDeps {
  readonly quota: () => Pick<VisionQuotaActorApi, 'lease' | 'giveBack'>;
  readonly newId: () => string;
}

export interface SampleTask {
  readonly container: string;
  readonly features: readonly string[];
  readonly calls: readonly CallAhead[];
  /** Transactions that all samples without an approver may spend in 24 hours. Absent: no limit holds for this one. */
  readonly most?: number;
  /** Ends it as a drain does. */
  readonly signal?: AbortSignal;
}

export interface Sampled {
  readonly looked: readonly Looked[];
  /** Those with an answer, which a run will find in the cache. */
  readonly kept: readonly CallAhead[];
  /** Why some images were not looked at. */
  readonly ended?: { readonly why: Ending; readonly reason: string };
}

/** Images under way at once: enough for a hundred in seconds, few enough to hold up little (I4). */
const WIDTH = 8;
const SAMPLE_MS = 120_000;
/** A last call may have waited for one pause of Vision, and then takes its time. */
const CLAIM_MS = SAMPLE_MS + 2 * MAX_RETRY_AFTER_MS;

export class Sampling {
  private draining = false;

  constructor(private readonly deps: SamplingDeps) {}

  /** The process ends: no call starts any more, and samples end with what they have. */
  drain(): void {
    this.draining = true;
  }

  /** @throws AppError where no image could be analysed either: a refused key, storage that is forbidden */
  async run({ container, features, calls: drawn, most, signal }: SampleTask): Promise<Sampled> {
    const id = this.deps.newId();
    const calls = new SampleCalls(
      this.deps,
      { runId: id, container, ...defined({ most }) },
      () => this.draining || signal?.aborted === true,
    );
    const looked: Looked[] = [];
    const kept: CallAhead[] = [];
    const queue = drawn.map((call, n) => ({ call, chunkId: `sample-${id}-${n}` }));
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const ids = { container, features, runId: id, chunkId: next.chunkId };
        const seen = await this.lookAt(next.call, calls, ids);
        if (typeof seen === 'string') return;
        looked.push(seen.looked);
        if (seen.isKept) kept.push(next.call);
      }
    };
    // What is under way is paid for: it ends, whatever befell another one.
    const ends = await Promise.allSettled(
      Array.from({ length: WIDTH }, () =>
        work().catch((thrown: unknown) => {
          calls.end('failure');
          throw thrown;
        }),
      ),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    const { ending: why } = calls;
    const isWhole = why === undefined || looked.length === drawn.length;
    return { looked, kept, ...(!isWhole && { ended: { why, reason: REASONS[why] } }) };
  }

  /** Each image holds its claim alone: one that meets the bytes of another finds the answer, and no call of its own. */
  private async lookAt(
    { image, isUncertain }: CallAhead,
    calls: SampleCalls,
    ids: Pick<ChunkContext, 'container' | 'features' | 'runId' | 'chunkId'>,
  ): Promise<{ looked: Looked; isKept: boolean } | Exclude<Permit, 'go'>> {
    const context = {
      ...ids,
      ...{ claimMs: CLAIM_MS, savesNothing: true as const },
      permit: async () => calls.permit(),
      callPermit: (transactions: number) => calls.callPermit(transactions),
      callUnused: (transactions: number) => calls.giveBack(transactions),
      inFlight: () => {},
      trouble: () => {},
    };
    const seen = await new ImageWork(this.deps, context, image).look();
    if (typeof seen === 'string') return seen;
    const { document, isKept } = seen;
    const answered = document.attempts.filter(
      ({ runId, stage, code }) => runId === ids.runId && stage === 'vision' && code === undefined,
    );
    const looked = {
      outcome: outcomeOf({ ...document, version: '' }, true),
      tags: (document.analysis?.tags ?? []).map(({ name, confidence }) => ({ name, confidence })),
      callsMs: answered.map(({ workMs }) => workMs),
      ...(isUncertain && { isUncertain }),
    };
    return { looked, isKept: isKept && document.status === 'succeeded' };
  }
}

export type Ending = 'month' | 'samples' | 'paused' | 'time' | 'drain' | 'failure';

const REASONS: Readonly<Record<Ending, string>> = {
  month: "This month's transactions are used up.",
  samples: 'What samples may spend in 24 hours without an approval is used up.',
  paused: 'Vision asked to wait for longer than a sample lasts.',
  time: `The sample has ended after ${SAMPLE_MS / 1_000} s.`,
  drain: 'The process that took the sample was stopped.',
  failure: 'An image could not be looked at.',
};

/** The calls of one sample: granted one by one to whoever waits longest, each to be started at once. */
class SampleCalls {
  private waiting: { readonly transactions: number; readonly resolve: (permit: Permit) => void }[] = [];
  private readonly endsAtMs: number;
  private ended: Ending | undefined;
  private isAsking = false;
  /** Transactions given back in all. */
  private returned = 0;

  constructor(
    private readonly deps: SamplingDeps,
    private readonly who: { readonly runId: string; readonly container: string; readonly most?: number },
    private readonly isDraining: () => boolean,
  ) {
    this.endsAtMs = deps.clock.monotonicMs() + SAMPLE_MS;
  }

  /** Why no call starts any more; the first reason stands. */
  get ending(): Ending | undefined {
    if (this.ended === undefined && this.isDraining()) this.ended = 'drain';
    if (this.ended === undefined && this.deps.clock.monotonicMs() >= this.endsAtMs) this.ended = 'time'; // I3
    return this.ended;
  }

  end(why: Ending): void {
    this.ended ??= why;
  }

  permit(): Permit {
    return this.ending === undefined ? 'go' : 'cancel';
  }

  callPermit(transactions: number): Promise<Permit> {
    return new Promise((resolve) => {
      this.waiting.push({ transactions, resolve });
      if (!this.isAsking) void this.ask();
    });
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    while (this.waiting.length > 0) {
      if (this.ending !== undefined) for (const { resolve } of this.waiting.splice(0)) resolve('cancel');
      else if (!(await this.askOnce())) await this.deps.clock.sleep(REPORT_INTERVAL_MS);
    }
    this.isAsking = false;
  }

  /** I1: calls of one price at a time, that of who waits longest. Was anything granted? */
  private async askOnce(): Promise<boolean> {
    const transactions = this.waiting[0]?.transactions ?? 0;
    const want = this.waiting.filter((one) => one.transactions === transactions).length;
    const { runId, container, most } = this.who;
    const request = {
      ...{ runId, container, asker: 'sample', want, transactionsPerCall: transactions, counted: true as const },
      ...(most !== undefined && { sample: { most, returned: this.returned } }),
    };
    const grant = await this.deps
      .quota()
      .lease(request)
      .catch(() => undefined);
    if (grant?.limit === 'month' || grant?.limit === 'samples') this.end(grant.limit);
    if ((grant?.pausedForMs ?? 0) > this.endsAtMs - this.deps.clock.monotonicMs()) this.end('paused');
    const granted = typeof grant?.calls === 'number' ? grant.calls : 0;
    const same = this.waiting.filter((one) => one.transactions === transactions);
    const starting = this.ending === undefined ? same.slice(0, granted) : [];
    this.waiting = this.waiting.filter((one) => !starting.includes(one));
    for (const { resolve } of starting) resolve('go');
    this.giveBack((granted - starting.length) * transactions);
    return granted > 0;
  }

  giveBack(transactions: number): void {
    if (transactions === 0) return;
    const { runId, container, most } = this.who;
    this.returned += transactions;
    const returned = { by: runId, transactions: this.returned };
    const unused =
      most === undefined ? { transactions, returned } : { transactions: returned.transactions, sample: runId };
    void this.deps
      .quota()
      .giveBack({ container, ...unused })
      .catch(() => undefined); // it stays booked: too much is safe, too little is not
  }
}
