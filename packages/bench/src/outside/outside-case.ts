import type { Place } from './place';

/** What people complained about, in kinds. */
export const KINDS = {
  refusals: "Vision refuses for a reason that is not the image's",
  stop: 'Stop means stop',
  folders: 'A folder is not a photo',
  blobs: 'Blobs that cannot be read now, or are not what their name says',
  ids: 'Ids, orders and clocks that others choose',
  settings: 'What a wrong setting gets',
  services: 'Local services never answer wrongly',
} as const;

export type Kind = keyof typeof KINDS;

/** One input that somebody outside had, and what is right. */
export interface OutsideCase {
  readonly kind: Kind;
  /** Names the input. Unique. */
  readonly name: string;
  /** It takes more than 20 s: played with `--all` alone. */
  readonly isSlow?: true;
  /** Played by `npm test` too. */
  readonly isTested?: true;
  readonly arrange?: (place: Place) => Promise<void>;
  /** What a person sees, in as few fields as tell right from wrong. */
  readonly see: (place: Place) => Promise<unknown>;
  /** Held against what is seen by `isAsExpected`. */
  readonly expected: unknown;
}
