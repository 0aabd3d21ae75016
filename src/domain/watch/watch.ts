import { defined } from '../defined';
import type { ApprovalRule } from '../run/approval';
import type { ListingCounts } from '../money/quote';
import { isFinal, type RunView } from '../run/run';

/**
 * A container that is watched: looked at again and again, and analysed where something changed.
 *
 * I1 The document is the watch: to remove the document is to end the watch.
 * I2 What a run tried in vain, or its owner stopped, is not tried again by the watch until the container differs from then,
 *    or a day has passed: a watch never spends in a circle.
 * I3 At most one wake-up is on its way at a time, because unread events make a history grow.
 */
export interface Watch {
  readonly container: string;
  readonly everySeconds: number;
  readonly approval?: ApprovalRule;
  /** Of each run it starts. */
  readonly maxTransactions?: number;
  readonly since: string;
  /** A wake-up was sent then, and no look has begun since. */
  readonly wokenAtMs?: number;
  readonly lastLook?: WatchLook;
  /** The last run it started, and what was found for it to do. */
  readonly lastStart?: { readonly run: string; readonly found: WorkFound };
  /** What is left alone until then (I2). */
  readonly left?: { readonly found: WorkFound; readonly untilMs: number };
}

export type WatchSettings = Pick<Watch, 'container' | 'everySeconds' | 'approval' | 'maxTransactions'>;

export const LOOK_OUTCOMES = ['unchanged', 'started', 'run-active', 'left', 'failed'] as const;

export interface WatchLook {
  readonly at: string;
  /** `left`: there is work, but the last run could not do it or was stopped; `failed`: the look itself, see `problem`. */
  readonly outcome: (typeof LOOK_OUTCOMES)[number];
  /** The run that was started, or that goes on. */
  readonly run?: string;
  readonly found?: WorkFound;
  readonly problem?: string;
}

/** Images that need work. */
export interface WorkFound {
  readonly new: number;
  readonly changed: number;
  readonly missing: number;
  readonly ineligible: number;
}

export const LEAST_EVERY_SECONDS = 60;
export const MOST_EVERY_SECONDS = 366 * 24 * 3_600;

/** Seconds, or an ISO 8601 duration of weeks, days, hours, minutes and seconds. undefined when it is neither. */
export function parseEvery(every: number | string): number | undefined {
  const seconds = typeof every === 'number' ? every : secondsOf(every);
  const isFit = Number.isInteger(seconds) && seconds >= LEAST_EVERY_SECONDS && seconds <= MOST_EVERY_SECONDS;
  return isFit ? seconds : undefined;
}

const DURATION = /^P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const UNIT_SECONDS = [7 * 24 * 3_600, 24 * 3_600, 3_600, 60, 1];

function secondsOf(text: string): number {
  const parts = DURATION.exec(text)?.slice(1);
  return parts?.reduce((sum, part, unit) => sum + Number(part ?? 0) * (UNIT_SECONDS[unit] ?? 0), 0) ?? Number.NaN;
}

export function workFound({ new: fresh, changed, missing, ineligible }: ListingCounts): WorkFound {
  const refused = Object.values(ineligible).reduce((sum, count) => sum + count, 0);
  return { new: fresh, changed, missing, ineligible: refused };
}

/** How long what a run tried in vain is left alone. */
const LEFT_MS = 24 * 3_600_000;

/** What to do about what was found. `lastRun`: the last run of this watch, if it is still known. */
export function decide(
  watch: Watch,
  found: WorkFound,
  lastRun: RunView | undefined,
  nowMs: number,
): 'unchanged' | 'start' | 'left' {
  if (found.new + found.changed + found.missing + found.ineligible === 0) return 'unchanged';
  const { left, lastStart } = watch;
  if (left && isSame(left.found, found) && nowMs < left.untilMs) return 'left';
  if (!lastStart || !lastRun || !isFinal(lastRun.status)) return 'start';
  const { succeeded, skipped } = lastRun.counts;
  const isInVain = succeeded + skipped + lastRun.removed === 0 && isSame(lastStart.found, found);
  return lastRun.status === 'Cancelled' || isInVain ? 'left' : 'start'; // I2
}

function isSame(a: WorkFound, b: WorkFound): boolean {
  return a.new === b.new && a.changed === b.changed && a.missing === b.missing && a.ineligible === b.ineligible;
}

/** New settings; what was seen stays, but its owner wants a look without prejudice. */
export function setWatch(before: Watch | undefined, settings: WatchSettings, at: string): Watch {
  const { lastLook, wokenAtMs } = before ?? {};
  return {
    ...settings,
    since: before?.since ?? at,
    ...defined({ wokenAtMs, lastLook }),
  };
}

/** A wake-up that was sent so long ago and not answered by a look was lost on its way. */
const WAKE_LOST_MS = 600_000;

/** The same watch when a wake-up is on its way already (I3). */
export function woken(watch: Watch, nowMs: number): Watch {
  const isOnItsWay = watch.wokenAtMs !== undefined && nowMs - watch.wokenAtMs < WAKE_LOST_MS;
  return isOnItsWay ? watch : { ...watch, wokenAtMs: nowMs };
}

/** A look begins, or the wake-up could not be sent: the next one is sent again. */
export function awake(watch: Watch): Watch {
  if (watch.wokenAtMs === undefined) return watch;
  const { wokenAtMs: _, ...rest } = watch;
  return rest;
}

export function looked(watch: Watch, look: WatchLook, nowMs: number): Watch {
  const { found, run, outcome } = look;
  const seen = { ...watch, lastLook: look };
  if (outcome === 'started' && run !== undefined && found) return { ...seen, lastStart: { run, found } };
  if (outcome !== 'left' || !found) return seen;
  const isKnown = watch.left && isSame(watch.left.found, found) && nowMs < watch.left.untilMs;
  if (isKnown) return seen;
  const { lastStart: _, ...rest } = seen; // judged once: what comes later is judged anew
  return { ...rest, left: { found, untilMs: nowMs + LEFT_MS } };
}

/** How soon a look is worth repeating that could not do what it was for. */
const SOON_SECONDS: Partial<Record<WatchLook['outcome'], number>> = { 'run-active': 60, failed: 300 };

export function nextLookSeconds({ everySeconds }: Watch, { outcome }: WatchLook): number {
  return Math.min(everySeconds, SOON_SECONDS[outcome] ?? everySeconds);
}
