import type { Seen } from './faults';

/** Answers that are against the contract on purpose. The reason stands beside each. */
export interface Exemption {
  readonly reason: string;
  readonly covers: (seen: Seen) => boolean;
}

export const WITHOUT_APP_TOKEN: Exemption = {
  reason:
    'The sidecar alone asks the app channel. That it must prove itself is between the two, and no part of the API.',
  covers: ({ status, header }) => status === 401 && header('x-ms-error-code') === 'unauthorized',
};

const exemptions: Exemption[] = [];

/** For the rest of this test file. */
export function exempt(exemption: Exemption): void {
  exemptions.push(exemption);
}

export function isExempt(seen: Seen): boolean {
  return exemptions.some(({ covers }) => covers(seen));
}
