/**
 * What samples have spent that no approver asked for, in transactions. Pure: wall time comes in, in milliseconds.
 *
 * I1 In any 24 hours they spend at most what the rule leaves free, however many they are: an hour counts until 24 hours
 *    after its end. A UTC day would let twice as much pass around midnight.
 * I2 What a sample gives back counts once, however often and in whatever order it is told. It is taken from the hour in
 *    which the sample was granted its first call, then from those after it: what is left counts later than it was spent, if
 *    at all, so never too much passes.
 * I3 At most 25 hours and MAX_SAMPLES samples are kept. A sample that is forgotten, or whose first hour is over, gives
 *    nothing back of what it spent until then.
 */
export interface SampleSpending {
  /** Granted and not given back, by the hour since 1970. */
  readonly byHour: Readonly<Record<string, number>>;
  /** By the id of the sample. */
  readonly samples: Readonly<Record<string, SampleAccount>>;
}

interface SampleAccount {
  /** Of its first grant. */
  readonly hour: number;
  /** Given back so far. */
  readonly returned: number;
}

export const NO_SAMPLES: SampleSpending = { byHour: {}, samples: {} };

const HOUR_MS = 3_600_000;
const WINDOW_HOURS = 24;
/** A sample lasts for minutes: far more than are under way at once. */
const MAX_SAMPLES = 200;

/** Within 24 hours. An hour ahead of the clock counts too: the clock was set back (I1). */
export function sampledWithin({ byHour }: SampleSpending, nowMs: number): number {
  return Object.entries(byHour).reduce((sum, [hour, spent]) => (isOver(Number(hour), nowMs) ? sum : sum + spent), 0);
}

/** Calls of a sample were granted. `returned`: all that it has given back so far. */
export function bookSample(
  spending: SampleSpending,
  { sample, transactions, returned }: SampleEntry & { readonly returned: number },
  nowMs: number,
): SampleSpending {
  if (transactions === 0) return spending;
  const hour = hourOf(nowMs);
  const { [sample]: account = { hour, returned }, ...others } = spending.samples;
  const recent = Object.entries(others).slice(1 - MAX_SAMPLES); // I3
  return {
    byHour: { ...withoutOver(spending.byHour, nowMs), [hour]: (spending.byHour[hour] ?? 0) + transactions },
    samples: { ...Object.fromEntries(recent), [sample]: account },
  };
}

/** A sample gives back what it did not use: `transactions` are all that it has given back so far (I2). */
export function giveBackSample(
  spending: SampleSpending,
  { sample, transactions }: SampleEntry,
  nowMs: number,
): { readonly spending: SampleSpending; readonly returned: number } {
  const account = spending.samples[sample];
  if (account === undefined || isOver(account.hour, nowMs)) return { spending, returned: 0 }; // I3
  const returned = transactions - account.returned;
  if (returned <= 0) return { spending, returned: 0 };
  let left = returned;
  const hours = Object.entries(spending.byHour).map(([hour, spent]) => [Number(hour), spent] as const);
  const taken = hours
    .sort(([a], [b]) => a - b)
    .map(([hour, spent]) => {
      const less = hour < account.hour ? 0 : Math.min(left, spent);
      left -= less;
      return [hour, spent - less] as const;
    });
  const byHour = Object.fromEntries(taken);
  const samples = { ...spending.samples, [sample]: { ...account, returned: transactions } };
  return { spending: { byHour, samples }, returned };
}

export interface SampleEntry {
  /** Id of the sample. */
  readonly sample: string;
  readonly transactions: number;
}

function withoutOver(byHour: SampleSpending['byHour'], nowMs: number): SampleSpending['byHour'] {
  return Object.fromEntries(Object.entries(byHour).filter(([hour]) => !isOver(Number(hour), nowMs)));
}

function hourOf(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS);
}

function isOver(hour: number, nowMs: number): boolean {
  return hour + WINDOW_HOURS < hourOf(nowMs);
}
