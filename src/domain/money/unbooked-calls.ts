/** Transactions that a session of a process has made without grants, in all: a report that arrives twice changes nothing. */
export interface CallsMade {
  readonly session: string;
  readonly transactions: number;
}

/** Transactions that somebody was granted and has given back, in all: told twice, or late, they count once. */
export interface Returned {
  /** Id of a run or of a sample. */
  readonly by: string;
  readonly transactions: number;
}

/** What was heard of each last; the oldest are forgotten. */
export type Heard = Readonly<Record<string, number>>;

/** Sessions remembered: far more than runs and replicas are at work at once. */
const MAX_SESSIONS = 200;

/** What is new in it; undefined when nothing is. */
export function unbookedOf(
  heard: Heard,
  { session, transactions }: CallsMade,
): { readonly transactions: number; readonly heard: Heard } | undefined {
  const { [session]: before = 0 } = heard;
  if (transactions === before) return undefined;
  return { transactions: transactions - before, heard: withLatest(heard, session, transactions) };
}

/**
 * What of it was not given back yet; undefined when nothing is. `latest`: what is given back now. No more than that counts of
 * somebody who is not known, or not any more.
 */
export function newlyReturned(
  heard: Heard,
  { by, transactions }: Returned,
  latest: number,
): { readonly transactions: number; readonly heard: Heard } | undefined {
  const { [by]: before = Math.max(0, transactions - latest) } = heard;
  if (transactions <= before) return undefined;
  return { transactions: transactions - before, heard: withLatest(heard, by, transactions) };
}

function withLatest(heard: Heard, who: string, transactions: number): Heard {
  const { [who]: _, ...others } = heard;
  const recent = Object.entries(others).slice(1 - MAX_SESSIONS);
  return { ...Object.fromEntries(recent), [who]: transactions };
}
