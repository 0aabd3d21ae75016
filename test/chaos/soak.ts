import { setTimeout as pause } from 'node:timers/promises';
import { isFinal, type RunView } from '../../src/domain/run/run';
import { seedContainer } from '../../packages/bench/src/seed-container';
import { eventually, type TestStack } from '../integration/framework';
import { ask, ended, runOf, startRun } from '../integration/main-job/client';
import { seeded } from '../integration/pubsub/random';
import { judge } from './oracle';

/**
 * One container whose runs are told to pause, go on and end, again and again, at moments that a seed decides. When a run
 * gets through, the oracle is asked, every picture gets other bytes, and it goes on.
 *
 * S1 After a pause or a cancel was answered no call starts later than a second (I9), and none once the run is shown as
 *    Paused or Cancelled.
 * S2 After a cancel totals are those of the documents (I2), and nothing was paid twice (I3).
 */
export const CONTAINER = 'restless';
export const IMAGES = 400;
/** From a start or a resume to the next word, at most: about as long as a run over all images takes. */
const MOMENT_MS = 2_000;
/** From the end of a word's effect to the next word. Some follow at once. */
const HOLD_MS = { least: 700, most: 1_800 };
const AT_ONCE = 0.25;
const I9_MS = 1_000;
/** A word that comes too late for its run is said again to the next one. */
const MAX_TRIES = 20;
const SETTLES = { pause: 'Paused', cancel: 'Cancelled' } as const;

export type Verb = keyof typeof SETTLES;

/** One pause or cancel that took effect. */
export interface Word {
  readonly verb: Verb;
  /** Said to answered, and said to Paused or Cancelled. */
  readonly answerMs: number;
  readonly settleMs: number;
  /** Calls that began after the answer, milliseconds after it. */
  readonly late: readonly number[];
}

export interface SoakReport {
  readonly words: readonly Word[];
  readonly runs: number;
  /** Runs that got through, each judged. */
  readonly completed: number;
  readonly calls: number;
  readonly repeated: number;
  /** What did not hold. */
  readonly violations: readonly string[];
}

export async function soak(stack: TestStack, { rounds, seed }: { rounds: number; seed: number }): Promise<SoakReport> {
  const soak = new Soak(stack, seeded(seed));
  for (let round = 0; round < rounds; round++) {
    await soak.tell('pause');
    await soak.tell('cancel');
  }
  await soak.finish();
  return soak;
}

class Soak implements SoakReport {
  readonly words: Word[] = [];
  readonly violations: string[] = [];
  runs = 0;
  completed = 0;
  calls = 0;
  repeated = 0;
  private generation = 0;
  private current: string | undefined;

  constructor(
    private readonly stack: TestStack,
    private readonly random: () => number,
  ) {}

  async tell(verb: Verb): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const id = await this.active();
      await pause(this.random() * MOMENT_MS);
      if (await this.tellOnce(id, verb)) return;
    }
    throw new Error(`No ${verb} came in time in ${MAX_TRIES} tries.`);
  }

  /** Lets the last run get through. */
  async finish(): Promise<void> {
    await this.through(await this.active());
  }

  private async active(): Promise<string> {
    if (this.generation === 0) await this.renew();
    if (this.current === undefined) {
      this.current = await startRun(this.stack, CONTAINER);
      this.runs += 1;
    }
    return this.current;
  }

  /** False when the run got through first. */
  private async tellOnce(id: string, verb: Verb): Promise<boolean> {
    const saidAt = Date.now();
    const answer = await this.command(id, verb);
    const answeredAt = Date.now();
    if (answer.status === 202) {
      const run = await this.reaches(id, SETTLES[verb]);
      const settledAt = Date.now();
      if (run.status === SETTLES[verb]) {
        if (this.random() >= AT_ONCE) await pause(HOLD_MS.least + this.random() * (HOLD_MS.most - HOLD_MS.least));
        const late = await this.callsAfter(answeredAt);
        this.words.push({ verb, answerMs: answeredAt - saidAt, settleMs: settledAt - saidAt, late });
        const place = `${verb} ${this.words.length} of run ${id}`;
        this.expect((late.at(-1) ?? 0) <= I9_MS, `I9: ${place}: a call began ${late.at(-1)} ms later`); // S1
        this.expect((late.at(-1) ?? 0) <= settledAt - answeredAt, `${place}: a call began after ${SETTLES[verb]}`);
        this.expect(run.counts.inFlight === 0, `${place}: ${run.counts.inFlight} in flight when ${run.status}`);
        await (verb === 'pause' ? this.resume(id) : this.cancelled(id));
        return true;
      }
    }
    await this.through(id);
    return false;
  }

  private async resume(id: string): Promise<void> {
    const { status, body } = await this.command(id, 'resume');
    this.expect(status === 202, `resume of ${id}: ${status} ${JSON.stringify(body)}`);
  }

  // S2
  private async cancelled(id: string): Promise<void> {
    const { status } = await this.command(id, 'resume');
    this.expect(status === 409, `resume of the cancelled ${id}: ${status}`);
    this.current = undefined;
    await this.judged(id, /^I([234689]|1[01]):/);
  }

  /** A run that got through. */
  private async through(id: string): Promise<void> {
    await this.judged(id, /./);
    this.completed += 1;
    this.current = undefined;
    await this.renew();
  }

  /** Asks the oracle once the run has ended; of a run that was cancelled not all can be asked. */
  private async judged(id: string, about: RegExp): Promise<void> {
    await ended(this.stack, id, 120_000);
    const { endpoints } = this.stack;
    const { violations, repeated } = await judge({ endpoints, container: CONTAINER, runId: id, oneByOne: true });
    this.violations.push(...violations.filter((one) => about.test(one)).map((one) => `run ${id}: ${one}`));
    this.repeated = Math.max(this.repeated, repeated);
  }

  /** Other bytes for every picture. Vision's book begins anew. */
  private async renew(): Promise<void> {
    const stats = `${this.stack.endpoints.vision.endpoint}/stats`;
    this.calls += Number((await ask(stats)).body.calls);
    await ask(stats, { method: 'DELETE' });
    this.generation += 1;
    const { blobConnectionString } = this.stack.endpoints;
    await seedContainer(blobConnectionString, CONTAINER, IMAGES, `${CONTAINER} ${this.generation}`);
  }

  private command(id: string, verb: Verb | 'resume') {
    return this.stack.client[`${verb}Run`]({ params: { id } });
  }

  private reaches(id: string, wanted: string): Promise<RunView> {
    return eventually(
      async () => {
        const run = await runOf(this.stack, id);
        return run.status === wanted || isFinal(run.status) ? run : undefined;
      },
      { what: `run ${id} is ${wanted}`, timeoutMs: 60_000, intervalMs: 25 },
    );
  }

  private async callsAfter(sinceMs: number): Promise<number[]> {
    const { body } = await ask(`${this.stack.endpoints.vision.endpoint}/stats?detail=times`);
    return (body.times as readonly (readonly number[])[])
      .map(([startMs = 0]) => startMs - sinceMs)
      .filter((afterMs) => afterMs > 0)
      .sort((a, b) => a - b);
  }

  private expect(holds: boolean, violation: string): void {
    if (!holds) this.violations.push(violation);
  }
}
