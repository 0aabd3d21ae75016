import type { AccessToken, TokenCredential } from '@azure/identity';
import { within } from '../../deadline';
import { type IdentitySettings, openCredential } from './credential';
import { IdentityFailure, identityFailure } from './failure';

/**
 * The application's identity: one token for each service, shared by all clients of the process.
 *
 * I1 A token is renewed before it ends, in the background, while the old one goes on serving.
 * I2 One question at a time for one service, whoever waits for the answer; none outlives QUESTION_MS.
 * I3 What a service has refused is not shown again: `renew` makes the next token a new one.
 */
export interface AzureIdentity {
  /** A bearer for the service. @throws IdentityFailure */
  token(scope: string): Promise<string>;
  /** A service has refused a token that was taken at `takenMs` (of `Date.now()`): none of that time is given again (I3). */
  renew(takenMs: number): void;
  /** The same for a client of the SDKs. They ask before every request, so that there is no second cache beside this one. */
  readonly credential: TokenCredential;
}

interface Kept {
  readonly token: string;
  readonly obtainedMs: number;
  readonly expiresMs: number;
}

const QUESTION_MS = 20_000;
/** Renewed in the background when less is left, or less than half of its life. */
const EARLY_MS = 300_000;
/** Not shown any more: a request may be under way for a while, and clocks differ. */
const LATE_MS = 30_000;
/** A renewal that failed in the background is tried again so much later. */
const PAUSE_MS = 10_000;

/** Asks nobody before the first token is wanted. */
export function createAzureIdentity(
  settings: IdentitySettings,
  open: (settings: IdentitySettings) => Promise<TokenCredential> = openCredential,
): AzureIdentity {
  const kept = new Map<string, Kept>();
  const asked = new Map<string, Promise<string>>();
  const failedMs = new Map<string, number>();
  let credential: Promise<TokenCredential> | undefined;
  let worked = false;

  async function ask(scope: string): Promise<string> {
    try {
      credential ??= open(settings);
      const obtainedMs = Date.now();
      const asking = credential.then((source) => source.getToken(scope));
      const answer = await within(QUESTION_MS, asking, tooLate);
      if (!answer) throw new Error('The credential gave no token.');
      kept.set(scope, { token: answer.token, obtainedMs, expiresMs: answer.expiresOnTimestamp });
      failedMs.delete(scope);
      worked = true;
      return answer.token;
    } catch (thrown) {
      credential = undefined; // what it keeps of a failure is not shown again
      failedMs.set(scope, Date.now());
      throw thrown instanceof IdentityFailure ? thrown : identityFailure(thrown, worked);
    }
  }

  function askOnce(scope: string): Promise<string> {
    const running = asked.get(scope);
    if (running !== undefined) return running;
    const started = ask(scope).finally(() => {
      if (asked.get(scope) === started) asked.delete(scope);
    });
    asked.set(scope, started);
    return started;
  }

  async function token(scope: string): Promise<string> {
    const one = kept.get(scope);
    if (one === undefined) return askOnce(scope);
    const lifeMs = one.expiresMs - one.obtainedMs;
    const leftMs = one.expiresMs - Date.now();
    if (leftMs <= Math.min(LATE_MS, lifeMs / 10)) return askOnce(scope);
    const mayAsk = Date.now() - (failedMs.get(scope) ?? 0) >= PAUSE_MS;
    if (leftMs <= Math.min(EARLY_MS, lifeMs / 2) && mayAsk) askOnce(scope).catch(() => undefined); // I1
    return one.token;
  }

  return {
    token,
    renew(takenMs) {
      let isStale = false;
      for (const [scope, { obtainedMs }] of kept) {
        if (obtainedMs > takenMs) continue;
        kept.delete(scope);
        isStale = true;
      }
      // The SDK keeps tokens too, and would give the same one again.
      if (isStale) credential = undefined;
    },
    credential: {
      async getToken(scopes): Promise<AccessToken> {
        const scope = typeof scopes === 'string' ? scopes : (scopes[0] ?? '');
        // Ended already, as far as the client knows: it asks here again before its next request.
        return { token: await token(scope), expiresOnTimestamp: 0 };
      },
    },
  };
}

function tooLate(): IdentityFailure {
  return new IdentityFailure(`Microsoft Entra ID did not answer within ${QUESTION_MS / 1_000} s.`, true);
}

/** A request may wait for so long that the token of its first renewal, which others have asked for, has ended as well. */
const MOST_RENEWALS = 2;

/** Again with a new token where a service refuses the one that it was shown. */
export async function renewing<T>(
  identity: AzureIdentity | undefined,
  attempt: () => Promise<T>,
  isRefused: (outcome: { readonly answer: T } | { readonly thrown: unknown }) => boolean,
): Promise<T> {
  if (identity === undefined) return attempt();
  for (let renewals = 0; ; renewals += 1) {
    const isLast = renewals === MOST_RENEWALS;
    const takenMs = Date.now();
    try {
      const answer = await attempt();
      if (isLast || !isRefused({ answer })) return answer;
    } catch (thrown) {
      if (isLast || !isRefused({ thrown })) throw thrown;
    }
    identity.renew(takenMs);
  }
}
