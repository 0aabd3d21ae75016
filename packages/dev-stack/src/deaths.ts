/** The deaths of one part: how long its next start waits, and when there are too many of them. */

/** In a row, each before the part served. */
export const QUICK_DEATHS = 8;
/** A part that serves and dies again and again still gets somewhere: it is given up much later. */
export const SERVING_DEATHS = 40;
/** A part that has lived this long starts with a clean count. */
export const STEADY_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** Of a part that had been serving: its trouble comes with its work, not with its start. */
const LONGEST_PAUSE_AFTER_SERVING_MS = 2_000;

/** Milliseconds before the start that follows so many deaths in a row. */
export function restartPauseMs(deaths: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 1));
}

export interface Death {
  readonly livedMs: number;
  /** It answered, and so had got through its start. */
  readonly hadServed: boolean;
}

export class Deaths {
  private inARow = 0;
  private beforeServing = 0;
  private last: Death | undefined;

  add(death: Death): void {
    this.inARow = death.livedMs < STEADY_MS ? this.inARow + 1 : 1;
    this.beforeServing = death.hadServed ? 0 : this.beforeServing + 1;
    this.last = death;
  }

  /** Each within STEADY_MS of its start. */
  get count(): number {
    return this.inARow;
  }

  get areTooMany(): boolean {
    return this.beforeServing >= QUICK_DEATHS || this.inARow >= SERVING_DEATHS;
  }

  /** How long the next start waits after the last death. */
  get pauseMs(): number {
    const ms = restartPauseMs(this.inARow);
    return this.last?.hadServed ? Math.min(ms, LONGEST_PAUSE_AFTER_SERVING_MS) : ms;
  }
}
