import type { Seen } from './faults';

/** Answers that are against the contract on purpose. The reason stands beside each. */
export interface Exemption {
  readonly reason: string;
  readonly covers: (seen: Seen) => boolean;
}

const exemptions: Exemption[] = [];

/** For the rest of this test file. */
export function exempt(exemption: Exemption): void {
  exemptions.push(exemption);
}

export function isExempt(seen: Seen): boolean {
  return exemptions.some(({ covers }) => covers(seen));
}
