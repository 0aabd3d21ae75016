import { type AzureIdentity, renewing } from '../azure-identity/azure-identity';

type Send = (request: unknown) => Promise<unknown>;

/** Sends a request whose token is refused once more with a new one: whoever asked hears nothing of it. */
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
