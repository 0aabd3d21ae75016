import { AppError } from '../../../src/domain/errors';
import type { Control } from '../../../src/domain/run/facts';
import { ACTIVITIES } from '../../../src/names';
import { activity, withShortAnswer, withTroubleTold } from '../../../src/workflows/activities/activity';
import { GivingWay } from '../../../src/workflows/activities/giving-way';
import { activityRef } from '../../../src/workflows/sdk';
import { VirtualClock } from '../pipeline/virtual-clock';

const INPUT = { runId: '1'.repeat(32), step: '1.0' };
const DOWN = new AppError('storage-unavailable', 'no answer', { retryable: true });

/** A step over work that a test decides, of a run whose control it decides too. */
function aStep(work: (signal: AbortSignal) => Promise<string>, name: string = ACTIVITIES.listPage) {
  const clock = new VirtualClock();
  const run = { control: 'run' as Control, asked: 0 };
  const control = async () => {
    run.asked += 1;
    return run.control;
  };
  const givingWay = new GivingWay({ control, clock });
  const ref = activityRef<typeof INPUT, string>(name);
  const step = givingWay.wrap(
    activity(
      ref,
      (_, signal) => work(signal),
      (_, word) => `stopped by ${word}`,
    ),
  );
  const start = () => step.run(INPUT);
  return { clock, run, start, answer: () => clock.until(start()) };
}

const failing = () => Promise.reject(DOWN);
const hanging = () => new Promise<string>(() => {});

test('a step of a run that goes on fails, however often', async () => {
  const { answer, run } = aStep(failing);
  for (let attempt = 1; attempt <= 5; attempt++) expect(await answer()).toMatchObject({ ok: false, step: '1.0' });
  run.control = 'pause'; // what is paused waits
  expect(await answer()).toMatchObject({ ok: false });
});

test.each(['cancel', 'fail'] as const)(
  'after a %s the second failure is the last, and nothing is tried then',
  async (word) => {
    let attempts = 0;
    const { answer, run } = aStep(() => {
      attempts += 1;
      return failing();
    });
    run.control = word;
    expect(await answer()).toMatchObject({ ok: false });
    for (let more = 1; more <= 3; more++) {
      expect(await answer()).toEqual({ ok: true, value: `stopped by ${word}`, step: '1.0' });
    }
    expect(attempts).toBe(2);
  },
);

test('work that succeeds is never stopped, and quick work asks nobody', async () => {
  const { answer, run } = aStep(async () => 'done');
  run.control = 'cancel';
  expect(await answer()).toMatchObject({ ok: true, value: 'done' });
  expect(run.asked).toBe(0);
});

test.each([
  [ACTIVITIES.listPage, 2_000],
  [ACTIVITIES.analyzeChunk, 4_000],
])('%s that hangs is left %d ms after a cancel, and told', async (name, mostMs) => {
  let left: AbortSignal | undefined;
  const { clock, run, start } = aStep((signal) => {
    left = signal;
    return hanging();
  }, name);
  const answered = start();
  await clock.advance(60_000);
  expect(left?.aborted).toBe(false);
  run.control = 'cancel';
  const saidAtMs = clock.monotonicMs();
  expect(await clock.until(answered)).toMatchObject({ ok: true, value: 'stopped by cancel' });
  expect(clock.monotonicMs() - saidAtMs).toBeLessThanOrEqual(mostMs);
  expect(left?.aborted).toBe(true);
});

test('an actor that cannot be asked stops nothing', async () => {
  const clock = new VirtualClock();
  const givingWay = new GivingWay({ control: failing, clock });
  const ref = activityRef<typeof INPUT, string>(ACTIVITIES.listPage);
  const step = givingWay.wrap(activity(ref, failing, () => 'stopped'));
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect(await clock.until(step.run(INPUT))).toMatchObject({ ok: false });
  }
});

test('the run is told of a failure in whole sentences; its history keeps the beginning', async () => {
  const words: string[] = [];
  const tell = (word: string) => async (_: string, said: unknown) => void words.push(`${word} ${JSON.stringify(said)}`);
  const ref = activityRef<typeof INPUT, string>('step');
  const long = `${'why '.repeat(100)}and the cure.`;
  const failingBy = (retryable: boolean) => {
    const work = () => Promise.reject(new AppError('storage-forbidden', long, { retryable }));
    return withShortAnswer(withTroubleTold(activity(ref, work), { trouble: tell('trouble'), fail: tell('fail') }));
  };
  for (const retryable of [true, false]) {
    const answer = await failingBy(retryable).run(INPUT);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(200);
  }
  const failure = { code: 'storage-forbidden', message: long };
  expect(words).toEqual([`trouble ${JSON.stringify(`step: ${long}`)}`, `fail ${JSON.stringify(failure)}`]);
});
