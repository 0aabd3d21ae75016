import { FailureLimit } from '../../domain/access/failure-limit';
import type { Recognize } from '../../domain/access/recognition';
import type { IdentitySource } from './port';
import type { TrustedProxies } from './trusted-proxies';

export interface IdentitiesOptions {
  /** Asked in this order; the first that is shown something of its kind decides. */
  readonly sources: readonly IdentitySource[];
  /** Whose word about the sender's address is taken. */
  readonly proxies: TrustedProxies;
  readonly nowMs: () => number;
  readonly limit?: FailureLimit;
}

/**
 * All ways together.
 *
 * I1 What is wrong in one way is not tried in another: a bad key beside a good header is refused.
 * I2 An origin that was wrong too often is not looked at, right or wrong, so that it cannot go on guessing.
 */
export function createIdentities(options: IdentitiesOptions): Recognize {
  const { sources, proxies, nowMs, limit = new FailureLimit() } = options;
  return async (shown) => {
    const origin = shown.peer === undefined ? shown.origin : proxies.senderOf(shown.peer, shown.header);
    if (shown.bearer !== undefined) {
      const waitMs = limit.waitMs(origin, nowMs());
      if (waitMs > 0) return { kind: 'limited', waitMs }; // I2
    }
    for (const source of sources) {
      const recognition = await source.recognize(shown);
      if (recognition.kind === 'absent') continue;
      if (recognition.kind === 'refused') limit.failed(origin, nowMs());
      return recognition; // I1
    }
    if (shown.bearer === undefined) return { kind: 'absent' };
    limit.failed(origin, nowMs());
    return { kind: 'refused', reason: 'What stands behind Bearer is nothing that is known here.' };
  };
}
