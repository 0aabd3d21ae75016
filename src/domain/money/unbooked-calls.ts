/** Transactions that a session of a process has made without grants, in all: a report that arrives twice changes nothing. */
export interface CallsMade {
  readonly session: string;
  readonly transactions: number;
}

/** What was heard of each session last; the oldest are forgotten. */
export type Heard = Readonly<Record<string, number>>;

/** Sessions remembered: far more than runs and replicas are at work at once. */
const MAX_SESSIONS = 200;

/** What is new in it; undefined when nothing is. */
export function unbookedOf(
  heard: Heard,
  { session, transactions }: CallsMade,
): { readonly transactions: number; readonly heard: Heard } | undefined {
  const { [session]: before = 0, ...others } = heard;
  if (transactions === before) return undefined;
  const recent = Object.entries(others).slice(1 - MAX_SESSIONS);
  return {
    transactions: transactions - before,
    heard: { ...Object.fromEntries(recent), [session]: transactions },
  };
}
