import { type AzureIdentity, renewing } from '../azure-identity/azure-identity';

type Send = (request: unknown) => Promise<unknown>;

/** Repeats a request once with a new token if its token was refused. The caller does not notice. */
export function renewTokens(identity: AzureIdentity) {
  return {
    on: 'request',
    plugin: (request: unknown, _diagnostics: unknown, send: Send): Promise<unknown> =>
      renewing(
        identity,
        () => send(request),
        (outcome) => 'thrown' in outcome && (outcome.thrown as { code?: unknown } | null)?.code === 401,
      ),
  };
}
