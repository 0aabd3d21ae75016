import type { VisionOutcome } from '../../../src/gateways/vision/port';
import { FirstCalls } from '../../../src/pipeline/first-calls';

const refused: VisionOutcome = { ok: false, code: 'vision-unsupported-feature', message: 'not here', retryable: false };
const busy: VisionOutcome = { ok: false, code: 'vision-throttled', message: 'later', retryable: true };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** How many of `count` calls have started, and how many were refused without one. */
function ask(calls: FirstCalls, count: number) {
  const seen = { started: [] as Awaited<ReturnType<FirstCalls['enter']>>[], refusals: [] as unknown[] };
  for (let n = 0; n < count; n += 1) {
    calls.enter().then(
      (call) => seen.started.push(call),
      (error: unknown) => seen.refusals.push(error),
    );
  }
  return seen;
}

test('a resource that refuses every image is asked four times', async () => {
  const seen = ask(new FirstCalls(), 100);
  await settled();
  expect(seen.started).toHaveLength(4);
  for (const call of seen.started) call.answered(refused);
  await settled();
  expect(seen.started).toHaveLength(4);
  expect(seen.refusals).toHaveLength(96);
  expect(seen.refusals[0]).toMatchObject({ code: 'vision-unsupported-feature', message: 'not here' });
});

test.each([
  ['an analysis', { ok: true } as VisionOutcome],
  ['a wait', busy],
])('after %s as many go out as want to', async (_, outcome) => {
  const seen = ask(new FirstCalls(), 100);
  await settled();
  seen.started[0]?.answered(outcome);
  await settled();
  expect(seen.started).toHaveLength(100);
});

test('a place without a call goes to the next', async () => {
  const seen = ask(new FirstCalls(), 6);
  await settled();
  seen.started[0]?.leave();
  seen.started[0]?.leave();
  await settled();
  expect(seen.started).toHaveLength(5);
});

test('a refusal in the middle of a run stops it too', async () => {
  const calls = new FirstCalls();
  (await calls.enter()).answered({ ok: true } as VisionOutcome);
  (await calls.enter()).answered(refused);
  await expect(calls.enter()).rejects.toMatchObject({ code: 'vision-unsupported-feature' });
});
