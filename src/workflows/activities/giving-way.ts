import type { Control } from '../../domain/run/facts';
import type { Clock } from '../../pipeline/clock';
import { singleFlight } from '../../pipeline/single-flight';
import { ACTIVITIES } from '../../names';
import { answerTo } from '../sdk';
import type { Activity } from './activity';

export interface GivingWayDeps {
  /** What the run is to do now. Nothing is assumed where it cannot be asked. */
  readonly control: (runId: string) => Promise<Control>;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** How often work that takes long asks whether its run is to end. */
const LOOK_MS = 1_000;
/** How long it may take then. */
const PATIENCE_MS = 1_000;
/** Calls of Vision that are under way are paid for, and most of them answer in time. */
const PATIENCE_WITH_CALLS_MS = 3_000;
/** Steps remembered; of runs that have ended nobody says so here. */
const MOST_KEPT = 1_000;
/** What fails once succeeds the next time, as a rule. */
const FAILURES = 2;

/**
 * A step gives way when its run is to end, by a cancel or a failure: a run ends within seconds, whatever does not answer.
 *
 * I1 A step that failed twice, and will be tried again, answers as stopped instead. Its next attempt asks before it begins.
 * I2 Work that takes long is left when its patience is over. Its signal says so: what it has not begun it must not begin.
 * I3 A pause is waited for: nothing is lost by it.
 */
export class GivingWay {
  /** Failures in a row, by run and step, in this process. */
  private readonly failures = new Map<string, number>();
  private readonly control: (runId: string) => Promise<Control>;

  constructor(private readonly deps: GivingWayDeps) {
    this.control = singleFlight(deps.control);
  }

  wrap(activity: Activity): Activity {
    const { stopped } = activity;
    if (!stopped) return activity;
    return {
      ...activity,
      run: async (input, signal) => {
        if (stopped(input, 'cancel') === undefined) return activity.run(input, signal);
        const { runId } = input as { readonly runId: string };
        const asStopped = (control: Control) => answerTo(input, { ok: true, value: stopped(input, control) });
        const key = `${runId} ${activity.name}`;
        const isFailing = () => (this.failures.get(key) ?? 0) >= FAILURES;
        const before = isFailing() ? await this.ending(runId) : undefined;
        if (before) return asStopped(before); // I1
        const leaving = new AbortController();
        let isDone = false;
        const work = activity.run(input, leaving.signal).finally(() => {
          isDone = true;
        });
        const patienceMs = activity.name === ACTIVITIES.analyzeChunk ? PATIENCE_WITH_CALLS_MS : PATIENCE_MS;
        const first = await Promise.race([work, this.untilEnding(runId, patienceMs, work, () => isDone)]);
        if (typeof first === 'string') {
          leaving.abort(); // I2
          return asStopped(first);
        }
        if (first.ok || !first.error.retryable) {
          this.failures.delete(key);
          return first;
        }
        if (this.failures.size >= MOST_KEPT) this.failures.clear();
        this.failures.set(key, (this.failures.get(key) ?? 0) + 1);
        const after = isFailing() ? await this.ending(runId) : undefined;
        return after ? asStopped(after) : first; // I1
      },
    };
  }

  private async ending(runId: string): Promise<Control | undefined> {
    const control = await this.control(runId).catch(() => undefined);
    return control === 'cancel' || control === 'fail' ? control : undefined; // I3
  }

  /** The end that the run is to come to, when the work on its step has had its time; the work's own, if that is sooner. */
  private async untilEnding<T>(
    runId: string,
    patienceMs: number,
    work: Promise<T>,
    isDone: () => boolean,
  ): Promise<Control | T> {
    for (;;) {
      await this.deps.clock.sleep(LOOK_MS);
      if (isDone()) return work;
      const control = await this.ending(runId);
      if (control === undefined) continue;
      await this.deps.clock.sleep(patienceMs);
      return control;
    }
  }
}
