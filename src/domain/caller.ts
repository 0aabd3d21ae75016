import type { Principal } from './access/principal';

/** Who asks, and how that is known. */
export type Caller = Principal;
