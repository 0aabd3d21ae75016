import type { Principal } from './access/principal';

/** Who asks, and how that is known. */
export type Caller = Principal;

/** Who says a word to a run, as its audit trail names them. */
export function spokenBy({ name, how }: Caller): { readonly who: string; readonly how: Caller['how'] } {
  return { who: name, how };
}
