/**
 * Finding the image that ends the process. Every opening of a chunk is remembered until the chunk is closed; one that is
 * opened again and again was not closed because its process died. From then on it is worked on in halves, alone in its
 * process, until the image is alone too.
 *
 * I1 An image is convicted only when it was the only one that was worked on, and the process died TWICE.
 * I2 A process that opens a chunk again has not died: only another one counts.
 * I3 Each opening after a death halves what is tried, so a chunk of n images is searched in about log2(n) deaths.
 */
export interface Suspicion {
  /** Who opened it last. */
  readonly process: string;
  readonly opened: number;
  /** Images are named by their place in the chunk's manifest. Everything below `from` is done. */
  readonly from: number;
  /** What is tried now ends here, exclusive. */
  readonly to: number;
  /** As far as is known, the culprit is below this place. */
  readonly below: number;
  /** Deaths while `from` was alone. */
  readonly strikes: number;
  readonly poison: readonly number[];
}

/** Deaths that may be bad luck, a deployment, an operator. */
const CAREFUL_AFTER = 3;
const CONVICTED_AFTER = 2;
/** More than any chunk holds: nothing is known. */
const END = 1 << 16;
/** Not below the usual chunk of 100. */
const FIRST_END = 128;

const UNSUSPECTED: Suspicion = { process: '', opened: 0, from: 0, to: END, below: END, strikes: 0, poison: [] };

/** What to try now; `undefined` when there is nothing to suspect. */
export type CarefulRange = Pick<Suspicion, 'from' | 'to' | 'poison'>;

/** Another process opens the chunk: the one before died with what it tried. */
export function reopened(before: Suspicion | undefined, process: string): Suspicion {
  if (before?.process === process) return before; // I2
  const known = { ...(before ?? UNSUSPECTED), process };
  const opened = known.opened + 1;
  if (opened <= CAREFUL_AFTER) return { ...known, opened };
  const { from, to, strikes, poison } = known;
  if (to - from > 1) return { ...known, opened, strikes: 0, ...half(from, to === END ? from + FIRST_END : to) };
  if (strikes + 1 < CONVICTED_AFTER) return { ...known, opened, strikes: strikes + 1 };
  return { ...known, opened, from: from + 1, to: END, below: END, strikes: 0, poison: [...poison, from] }; // I1
}

export function carefulRange({ opened, from, to, poison }: Suspicion): CarefulRange | undefined {
  return opened > CAREFUL_AFTER ? { from, to, poison } : undefined;
}

/** The range was worked on and the process lives: the culprit is in the rest of what is suspected, if anywhere. */
export function cleared(known: Suspicion): Suspicion {
  const { to, below } = known;
  const rest = below !== END && to < below ? half(to, below) : { to: END, below: END };
  return { ...known, from: to, strikes: 0, ...rest };
}

/** I3: the first half is tried next. */
function half(from: number, below: number): Pick<Suspicion, 'to' | 'below'> {
  return { to: from + Math.max(1, Math.floor((below - from) / 2)), below };
}
