import type { Principal } from './principal';

/** What a request shows of its sender. */
export interface Shown {
  /** What stands behind `Authorization: Bearer`. */
  readonly bearer?: string;
  /** Every value of a header; the name in lower case. */
  header(name: string): readonly string[];
  /** Address of whoever sent it to us, a proxy perhaps; absent where only the sidecar sends. */
  readonly peer?: string;
  /** By whom failures are counted: an address, or the caller's name in the mesh. */
  readonly origin: string;
}

export type Recognition =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** It shows nothing. */
  | { readonly kind: 'absent' }
  /** It shows something that is wrong. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Its origin was wrong too often: nothing was looked at. */
  | { readonly kind: 'limited'; readonly waitMs: number };

/** Who asks? @throws AppError identity-unavailable */
export type Recognize = (shown: Shown) => Promise<Recognition>;
