import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LinkVerb } from '../contract/link-verb';
import { storedInstanceId } from '../domain/run/instance-id';

/**
 * The `code` in a management link.
 *
 * I1 A code opens one verb of one run until it expires; only who holds the key can make one.
 * I2 The key itself, given as code, opens everything: it is the operator's.
 * I3 A chosen id stands in it in its stored form: without a dot, and without what a URL would have to encode.
 */
export interface LinkTokens {
  issue(runId: string, verb: LinkVerb): string;
  /** `runId` undefined: what touches more than one run, which no link opens. */
  check(code: string | undefined, runId: string | undefined, verb: LinkVerb): TokenVerdict;
}

/** `wrong`: missing, forged or expired; `other`: valid, but for another run or verb. */
export type TokenVerdict = 'ok' | 'wrong' | 'other';

const VALID_MS = 30 * 24 * 3_600_000;

export function createLinkTokens(key: string, nowMs: () => number, validMs: number = VALID_MS): LinkTokens {
  const secret = createHmac('sha256', key).update('contactsheet links').digest();
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');
  return {
    issue(runId, verb) {
      const claim = `${Math.floor((nowMs() + validMs) / 1_000).toString(36)}.${storedInstanceId(runId)}.${verb}`; // I3
      return `${claim}.${sign(claim)}`;
    },
    check(code, runId, verb) {
      if (code === undefined) return 'wrong';
      if (isSame(sign(code), sign(key))) return 'ok'; // I2
      const cut = code.lastIndexOf('.');
      const claim = code.slice(0, Math.max(cut, 0));
      if (!isSame(code.slice(cut + 1), sign(claim))) return 'wrong'; // I1
      const [expires = '', ofRun, ofVerb] = claim.split('.');
      if (Number.parseInt(expires, 36) * 1_000 < nowMs()) return 'wrong';
      const isOfRun = runId !== undefined && ofRun === storedInstanceId(runId);
      return isOfRun && ofVerb === verb ? 'ok' : 'other';
    },
  };
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
