import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RequestError } from './request-error';

/**
 * Counts one request of this caller.
 *
 * @throws RequestError rate-limited, with Retry-After in seconds
 */
export type CallerLimit = (who: string) => Promise<void>;

export interface CallerLimitOptions {
  /** Requests of one caller, at least 1. In each minute it has BURST_SECONDS times as many to use at will. */
  readonly perSecond: number;
  /** Callers that are known at once. Default 10,000. */
  readonly callers?: number;
}

/** What a page that opens, or a script that begins, sends at once. */
export const BURST_SECONDS = 5;

/**
 * Requests that one caller may send to this process.
 *
 * I1 Memory is bounded: with too many callers the one that was silent for longest is forgotten and starts again.
 * I2 What is refused costs nothing later: a caller that waits as Retry-After says is heard.
 */
export function limitCallers({ perSecond, callers = 10_000 }: CallerLimitOptions): CallerLimit {
  const steady = new RateLimiterMemory({ points: perSecond, duration: 1 });
  const burst = new RateLimiterMemory({ points: perSecond * BURST_SECONDS, duration: 60 });
  const limiter = new BurstyRateLimiter(steady, burst);
  /** Silent for longest first. */
  const known = new Set<string>();
  return async (who) => {
    const key = who.slice(0, MAX_KEY);
    known.delete(key);
    known.add(key);
    const [oldest] = known;
    if (known.size > callers && oldest !== undefined) {
      known.delete(oldest);
      await Promise.all([steady.delete(oldest), burst.delete(oldest)]); // I1
    }
    try {
      await limiter.consume(key);
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown;
      throw tooManyRequests(perSecond, thrown.msBeforeNext);
    }
  };
}

/** An address, or how a name is known and the name. */
const MAX_KEY = 256;

function tooManyRequests(perSecond: number, waitMs: number): RequestError {
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1_000))) };
  return new RequestError('rate-limited', `One caller may send ${perSecond} requests a second.`, { headers });
}
