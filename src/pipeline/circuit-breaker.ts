import { delayMs, LONGEST_PAUSE_MS, MAX_RETRY_AFTER_MS, type RetryPolicy } from '../domain/retry';
import type { Clock } from './clock';

/**
 * When a request to one service may go out, for all chunks of one process.
 *
 * I1 No request starts inside an announced Retry-After (I6 of the design). One longer than 60 s is held here until the
 *    quota has heard of it, which keeps it durably (domain/quota/quota.ts): nobody in a process waits for it.
 * I2 While the service is down (TRIP failures in a row) one request at a time probes it, so an outage costs probes and
 *    no storm, and no image pays for it with its own attempts.
 * I3 A failure that may lie in one image (500, 408) is no sign of an outage until it has met TRIP_BY_IMAGES images in a
 *    row: a few images that always fail end after their own attempts, in seconds, whatever else is left to do.
 * I4 The row ends when no image is in hand: what failed before says nothing about the work that comes later.
 * I5 After TRIP_BY_IMAGES it is in doubt whether the service or the images are to blame. A probe that is not one of them
 *    decides. If it is answered, these images are convicted: they never pass for an outage again while they are in hand.
 */
export class CircuitBreaker {
  private pausedUntilMs = 0;
  private failuresInRow = 0;
  /** Images, of those that may be to blame themselves, since the last answer. At most TRIP_BY_IMAGES. */
  private readonly suspects = new Set<string>();
  /** I5 */
  private readonly convicts = new Set<string>();
  private inHand = 0;
  private doubt = false;
  private trips = 0;
  private downSinceMs = 0;
  private probing = false;
  private reason: string | undefined;

  /** `service` is named in reasons: `Vision`. */
  constructor(
    private readonly clock: Clock,
    private readonly service: string,
  ) {}

  /**
   * Resolves when this request may start, or will not: who is stopped while it waits gets a turn that it may not use.
   * `probe`: it tests a service that was down; its failure is not the image's.
   */
  async turn(isStopped: () => Promise<boolean> = async () => false): Promise<Turn> {
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst && (await isStopped())) return { probe: false };
      const waitMs = this.pausedUntilMs - this.clock.monotonicMs();
      if (waitMs > 0) {
        await this.clock.sleep(Math.min(waitMs, POLL_MS));
      } else if (this.trips === 0) {
        return { probe: false };
      } else if (!this.probing) {
        this.probing = true;
        return { probe: true };
      } else {
        await this.clock.sleep(POLL_MS);
      }
    }
  }

  /** An image is in hand until the function that this gives is called. */
  takeInHand(image: string): () => void {
    this.inHand += 1;
    return () => {
      this.inHand -= 1;
      this.convicts.delete(image);
      if (this.inHand > 0) return;
      this.suspects.clear(); // I4
      this.failuresInRow = 0;
    };
  }

  /** The last failure may lie in the images that failed: a probe with something else tells (I5). */
  get isInDoubt(): boolean {
    return this.trips > 0 && this.doubt;
  }

  /** Why requests are held back, when they are. */
  get waiting(): string | undefined {
    return this.pausedUntilMs > this.clock.monotonicMs() || this.trips > 0 ? this.reason : undefined;
  }

  /** How long the service has been down; 0 when it is up. */
  get downForMs(): number {
    return this.trips > 0 ? this.clock.monotonicMs() - this.downSinceMs : 0;
  }

  /** The turn was not used: the caller was stopped while it waited. */
  giveBack({ probe }: Turn): void {
    if (probe) this.probing = false;
  }

  /** Has a pause begun or ended since the turn was given? Then it is given back, and another one is asked for. */
  isOver(turn: Turn): boolean {
    const isOver = this.pausedUntilMs > this.clock.monotonicMs() || this.trips > 0 !== turn.probe;
    if (isOver) this.giveBack(turn);
    return isOver;
  }

  /** Gives the turn as it was in the end: a probe is none if somebody else was answered before it failed. */
  answered(answer: ServiceAnswer, turn: Turn): Turn {
    if (turn.probe) this.probing = false;
    const probe = turn.probe && this.trips > 0;
    switch (answer.kind) {
      case 'throttled': {
        this.pause(
          heldMs(throttleMs(answer.retryAfterMs)),
          `${this.service} asked to wait: its rate limit is reached.`,
        );
        break;
      }
      case 'outage':
        this.failed(answer, probe);
        break;
      case 'answer':
        if (this.isInDoubt && probe) for (const image of this.suspects) this.convicts.add(image); // I5
        this.failuresInRow = 0;
        this.suspects.clear();
        this.trips = 0;
    }
    return { probe };
  }

  private failed({ code, suspect }: Extract<ServiceAnswer, { kind: 'outage' }>, probe: boolean): void {
    // What was under way when the service went down says nothing new: only probes make the pause longer.
    if (!probe && this.trips > 0) return;
    if (suspect !== undefined && this.convicts.has(suspect) && this.trips === 0) return;
    if (suspect === undefined) this.failuresInRow += 1;
    else if (this.suspects.size < TRIP_BY_IMAGES) this.suspects.add(suspect); // I3
    if (!probe && this.failuresInRow < TRIP && this.suspects.size < TRIP_BY_IMAGES) return;
    if (this.trips === 0) this.downSinceMs = this.clock.monotonicMs();
    this.doubt = suspect !== undefined;
    this.trips += 1;
    this.failuresInRow = 0;
    this.pause(this.probePauseMs(), `${this.service} does not answer: ${code}.`);
  }

  /** Short at first: it may be a few images that always fail, and they must not hold up the end of a run. */
  private probePauseMs(): number {
    const isYoung = this.clock.monotonicMs() - this.downSinceMs < YOUNG_OUTAGE_MS;
    const ms = delayMs(OUTAGE, this.trips, this.clock.random01());
    return isYoung ? Math.min(ms, LONGEST_YOUNG_PAUSE_MS) : ms;
  }

  private pause(ms: number, reason: string): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, this.clock.monotonicMs() + ms);
    this.reason = reason;
  }
}

export interface Turn {
  readonly probe: boolean;
}

/** `answer`: the service is up, whatever it said. */
export type ServiceAnswer =
  | { readonly kind: 'answer' }
  | { readonly kind: 'throttled'; readonly retryAfterMs?: number }
  /** `suspect`: the image that was asked about, where it may be the cause itself. */
  | { readonly kind: 'outage'; readonly code: string; readonly suspect?: string };

/** Statuses by which a service also says that it cannot cope with this one image. */
const MAY_BE_THE_IMAGE: ReadonlySet<number> = new Set([400, 408, 500]);

/** A failure of the service; `image` is a suspect where the status says that it may be. */
export function outage(failure: { readonly code: string; readonly httpStatus?: number }, image: string): ServiceAnswer {
  const { code, httpStatus } = failure;
  const isSuspect = httpStatus !== undefined && MAY_BE_THE_IMAGE.has(httpStatus);
  return isSuspect ? { kind: 'outage', code, suspect: image } : { kind: 'outage', code };
}

/** Failures in a row, over all images, that mean an outage and not bad luck. */
const TRIP = 10;
/** From so many images in a row on, it may as well be an outage (I5). */
const TRIP_BY_IMAGES = 25;
const OUTAGE: RetryPolicy = { maxAttempts: Number.POSITIVE_INFINITY, firstDelayMs: 500, maxDelayMs: 15_000 };
const YOUNG_OUTAGE_MS = 60_000;
const LONGEST_YOUNG_PAUSE_MS = 2_000;
/** Pause after a 429 that names none. */
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** How soon a waiting request looks again, also whether it is stopped. */
const POLL_MS = 200;

/** Enough for the quota to hear of a long wait, and for its no to come back. */
const HANDOVER_MS = 5_000;

function heldMs(announcedMs: number): number {
  return announcedMs > MAX_RETRY_AFTER_MS ? HANDOVER_MS : announcedMs;
}

/** How long a 429 holds calls back: what it says, a second when it says nothing. */
export function throttleMs(retryAfterMs: number | undefined): number {
  return Math.min(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, LONGEST_PAUSE_MS);
}
