import { renewing } from '../azure-identity/azure-identity';
import { visionScope } from '../azure-identity/scopes';
import type { VisionSettings } from './settings';

/** How a request proves to Vision who sends it, and what a refusal of that means. */
export interface VisionAuthorization {
  /** @throws IdentityFailure */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Once more where the token was refused; a key does not change. */
  renewing<T>(attempt: () => Promise<T>, isRefused: (outcome: T) => boolean): Promise<T>;
  /** What a person can do about a 401 or 403; undefined where the words of Vision are enough. */
  refusal(status: number): string | undefined;
}

export function visionAuthorization({ endpoint, key, identity }: VisionSettings): VisionAuthorization {
  if (identity === undefined) {
    const headers = { 'Ocp-Apim-Subscription-Key': key ?? '' };
    return { headers: async () => headers, renewing: (attempt) => attempt(), refusal: () => undefined };
  }
  const scope = visionScope(endpoint);
  return {
    headers: async () => ({ Authorization: `Bearer ${await identity.token(scope)}` }),
    renewing: (attempt, isRefused) =>
      renewing(identity, attempt, (outcome) => 'answer' in outcome && isRefused(outcome.answer)),
    refusal: (status) => REFUSALS[status],
  };
}

const REFUSALS: Readonly<Partial<Record<number, string>>> = {
  401: 'The token is not accepted: VISION_ENDPOINT must be the custom subdomain of the resource, in the tenant of the identity (AZURE_TENANT_ID), or the identity lacks the role Cognitive Services User on the resource.',
  403: 'Grant the identity the role Cognitive Services User on the Vision resource (a new role takes some minutes), or open its firewall.',
};
