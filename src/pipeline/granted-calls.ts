/** How long a granted call may wait to be started. */
const GRANT_MS = 1_000;

/**
 * The calls of one price that one process may start for one run: what it was granted, what it wants, what it did not use.
 *
 * I1 A call is taken once and only before its grant grows stale; a stale one is given back with the next report.
 * I2 What was taken and not billed is given back too, and what is left when the work ends.
 * I3 What is taken while nothing limits it is counted in `made`; one that is given back leaves it again, or is left over
 *    as a grant where limits hold by then: either way it is counted once.
 * I4 When calls are held back (Vision asked to wait), what was granted before is not started any more.
 */
export class GrantedCalls {
  /** Calls that wait for a grant now. */
  waiting = 0;
  private left = 0;
  private staleAtMs = 0;
  private unlimited = false;
  private asked = false;
  private startedLately = 0;
  private ungranted = 0;

  /** Calls taken without a grant, in all. */
  get made(): number {
    return this.ungranted;
  }

  get isAsked(): boolean {
    return this.asked;
  }

  take(nowMs: number): boolean {
    if (this.unlimited) {
      this.ungranted += 1;
      return true;
    }
    if (this.left <= 0 || nowMs >= this.staleAtMs) return false;
    this.left -= 1;
    this.startedLately += 1;
    return true;
  }

  /** A call that was taken was not made, or not billed. */
  giveBack(): void {
    if (this.unlimited) {
      this.ungranted -= 1;
      return;
    }
    this.left += 1;
    this.startedLately = Math.max(0, this.startedLately - 1);
  }

  /** All that is left, to be given back now. */
  rest(): number {
    const unused = this.left;
    this.left = 0;
    return unused;
  }

  /** What to ask for: what waits, and what may come until the next report, judged by the last interval. */
  ask(nowMs: number): { readonly want: number; readonly unused: number } {
    const isStale = nowMs >= this.staleAtMs;
    const unused = isStale ? this.left : 0;
    if (isStale) this.left = 0;
    const want = Math.max(0, this.waiting + this.startedLately - this.left);
    this.startedLately = 0;
    return { want, unused };
  }

  /** A limit holds by now, whatever the calls of other prices: freedom ends for all. */
  limited(): void {
    this.unlimited = false;
  }

  /** I4 */
  heldBack(nowMs: number): void {
    this.staleAtMs = Math.min(this.staleAtMs, nowMs);
  }

  /** `sentMs`: when it was asked for, which is never later than it was granted. */
  granted(calls: number | 'unlimited', sentMs: number): void {
    this.asked = true;
    this.unlimited = calls === 'unlimited';
    if (calls === 'unlimited' || calls === 0) return;
    this.left += calls;
    this.staleAtMs = sentMs + GRANT_MS;
  }
}
