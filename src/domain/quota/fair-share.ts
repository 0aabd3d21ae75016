/**
 * Whose turn it is where calls come in slowly and many ask for them. Runs share by weight; the askers of one run (its
 * processes, and in each the prices of its calls) share what is their run's evenly. Pure: time comes in, in milliseconds.
 *
 * I1 Whoever waits gets its share however seldom it asks: it is waited for twice as long as it was silent before, at least
 *    LEAST_PATIENCE_MS and at most MOST_PATIENCE_MS.
 * I2 Nobody is waited for longer, and nobody saves up: whoever comes, or comes back, is as well served as the worst served
 *    of those who wait.
 * I3 An ask speaks for its asker alone: another process of the run that wants nothing takes no turn away from it.
 */
export type Queue = Readonly<Record<string, Party>>;

/** A run. */
interface Party {
  /** Calls it got, divided by its weight: whoever has least is next. */
  readonly served: number;
  readonly askers: Readonly<Record<string, Asker>>;
}

interface Asker {
  /** Calls it would still take. */
  readonly want: number;
  readonly served: number;
  readonly seenAtMs: number;
  /** From the ask before the last one to the last one; 0 after the first. */
  readonly silentMs: number;
}

export interface Ask {
  readonly runId: string;
  readonly asker: string;
  readonly want: number;
}

/** A few reports, and a slow one. */
const LEAST_PATIENCE_MS = 2_000;
/** A process that dies keeps its share from the others for so long at most. */
const MOST_PATIENCE_MS = 10_000;
/** So long it is remembered how seldom somebody asks. */
const FORGOTTEN_MS = 60_000;
/** Sums of thirds and tenths are not whole: this much is forgiven. */
const EPSILON = 1e-6;

/** Who waits from now on, this one included. */
export function asked(queue: Queue, { runId, asker, want }: Ask, nowMs: number): Queue {
  const known = queue[runId] ?? { served: 0, askers: {} };
  const before = known.askers[asker];
  const isKept = (one: Asker) => nowMs - one.seenAtMs < FORGOTTEN_MS;
  const waitingHere = Object.values(known.askers).filter((one) => waits(one, nowMs));
  const now: Asker = {
    want,
    served: before && waits(before, nowMs) ? before.served : leastServed(waitingHere), // I2
    seenAtMs: nowMs,
    silentMs: before ? nowMs - before.seenAtMs : 0, // I1
  };
  const others = Object.entries(queue).filter(([id, { askers }]) => id !== runId && Object.values(askers).some(isKept));
  const waitingRuns = others.map(([, party]) => party).filter((party) => isWaiting(party, nowMs));
  const kept = Object.entries(known.askers).filter(([, one]) => isKept(one));
  const party: Party = {
    served: waitingHere.length > 0 ? known.served : leastServed(waitingRuns), // I2
    askers: { ...Object.fromEntries(kept), [asker]: now }, // I3
  };
  return { ...Object.fromEntries(others), [runId]: party };
}

/** Calls that are there, as fractions of them come in; and how many there can be before they are lost. */
export interface Store {
  readonly calls: number;
  readonly most: number;
  readonly weightOf: (runId: string) => number;
}

/** Whole calls that are this asker's: those of its run, then its own of them. */
export function portionOf(
  queue: Queue,
  { runId, asker }: Pick<Ask, 'runId' | 'asker'>,
  { calls, most, weightOf }: Store,
  nowMs: number,
): number {
  const runs = Object.entries(queue).map(([id, { served, askers }]) => {
    const want = Object.values(askers).reduce((sum, one) => sum + wantOf(one, nowMs), 0);
    return { id, want, served, weight: weightOf(id) };
  });
  const askers = Object.entries(queue[runId]?.askers ?? {}).map(([id, one]) => {
    return { id, want: wantOf(one, nowMs), served: one.served, weight: 1 };
  });
  const isFull = calls > most - EPSILON;
  const ofRun = portion(runId, runs, { calls, most, isFull });
  return portion(asker, askers, { calls: ofRun, most: ofRun, isFull });
}

/** The asker took so many. */
export function took(
  queue: Queue,
  { runId, asker }: Pick<Ask, 'runId' | 'asker'>,
  calls: number,
  weight: number,
): Queue {
  const party = queue[runId];
  const one = party?.askers[asker];
  if (party === undefined || one === undefined || calls === 0) return queue;
  const left: Asker = { ...one, want: one.want - calls, served: one.served + calls };
  return { ...queue, [runId]: { served: party.served + calls / weight, askers: { ...party.askers, [asker]: left } } };
}

/** I1 */
function waits({ want, seenAtMs, silentMs }: Asker, nowMs: number): boolean {
  if (want <= 0) return false;
  const waitedMs = nowMs - seenAtMs;
  return waitedMs < LEAST_PATIENCE_MS || (waitedMs < MOST_PATIENCE_MS && waitedMs < 2 * silentMs);
}

function wantOf(asker: Asker, nowMs: number): number {
  return waits(asker, nowMs) ? asker.want : 0;
}

function isWaiting({ askers }: Party, nowMs: number): boolean {
  return Object.values(askers).some((one) => waits(one, nowMs));
}

function leastServed(all: readonly { readonly served: number }[]): number {
  return all.length === 0 ? 0 : Math.min(...all.map(({ served }) => served));
}

interface Vessel {
  readonly id: string;
  readonly want: number;
  readonly served: number;
  readonly weight: number;
}

/**
 * Handed out one by one, each to whoever would have least then, by weight; where several are equal, to the one who asks. For
 * those who are not asking now no more is held than their part of what there can be, and when all of it is there whoever
 * asks takes one: what comes in meanwhile would be lost (I2).
 */
function portion(
  id: string,
  all: readonly Vessel[],
  { calls, most, isFull }: { readonly calls: number; readonly most: number; readonly isFull: boolean },
): number {
  const waiting = all.filter(({ want }) => want > 0);
  const mine = waiting.find((one) => one.id === id);
  const there = Math.floor(calls + EPSILON);
  if (mine === undefined || there < 1) return 0;
  const weights = waiting.reduce((sum, { weight }) => sum + weight, 0);
  const others = waiting
    .filter((one) => one !== mine)
    .map((one) => ({ ...one, want: Math.min(one.want, Math.max(1, Math.floor((most * one.weight) / weights))) }));
  const isMine = (count: number) => {
    const height = mine.served + count / mine.weight;
    const before = ({ want, served, weight }: Vessel) =>
      Math.min(want, Math.max(0, Math.ceil((height - served) * weight - EPSILON) - 1));
    return count + others.reduce((sum, other) => sum + before(other), 0) <= there;
  };
  let [low, high] = [isFull ? 1 : 0, Math.min(mine.want, there)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isMine(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
