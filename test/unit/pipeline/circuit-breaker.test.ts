import { CircuitBreaker, outage, type ServiceAnswer } from '../../../src/pipeline/circuit-breaker';
import { settled, VirtualClock } from './virtual-clock';

const OUTAGE: ServiceAnswer = { kind: 'outage', code: 'vision-unavailable' };
const ANSWER: ServiceAnswer = { kind: 'answer' };

function createPace() {
  const clock = new VirtualClock();
  const pace = new CircuitBreaker(clock, 'Vision');
  /** Milliseconds until a turn is given, at most `limitMs`. */
  const waitFor = async () => {
    const from = clock.monotonicMs();
    const turn = await clock.until(pace.turn());
    return { turn, ms: clock.monotonicMs() - from };
  };
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) pace.answered(OUTAGE, { probe: false });
  };
  return { clock, pace, waitFor, fail };
}

describe('a rate limit', () => {
  test('no request starts inside an announced pause', async () => {
    const { pace, waitFor } = createPace();
    pace.answered({ kind: 'throttled', retryAfterMs: 7_500 }, { probe: false });
    expect(pace.waiting).toMatch(/Vision asked to wait/);
    expect(await waitFor()).toEqual({ turn: { probe: false }, ms: 7_500 });
    expect(pace.waiting).toBeUndefined();
  });

  test.each([
    ['that names no time is one second', undefined, 1_000],
    ['of a minute is held to its end', 60_000, 60_000],
    ['of eleven days is held until the quota has heard of it', 1_000_000_000, 5_000],
    ['of nothing is over at once', 0, 0],
  ])('a pause %s', async (_, retryAfterMs, expected) => {
    const { pace, waitFor } = createPace();
    pace.answered({ kind: 'throttled', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }, { probe: false });
    expect((await waitFor()).ms).toBe(expected);
  });

  test('a shorter pause never cuts a longer one', async () => {
    const { pace, waitFor } = createPace();
    pace.answered({ kind: 'throttled', retryAfterMs: 9_000 }, { probe: false });
    pace.answered({ kind: 'throttled', retryAfterMs: 1_000 }, { probe: false });
    expect((await waitFor()).ms).toBe(9_000);
  });

  test('a turn given before the pause is over once it is announced', async () => {
    const { pace, waitFor } = createPace();
    const { turn } = await waitFor();
    expect(pace.isOver(turn)).toBe(false);
    pace.answered({ kind: 'throttled', retryAfterMs: 100 }, { probe: false });
    expect(pace.isOver(turn)).toBe(true);
  });
});

describe('an outage', () => {
  test('is ten failures in a row: nine and a success are bad luck', async () => {
    const { pace, fail, waitFor } = createPace();
    fail(9);
    pace.answered(ANSWER, { probe: false });
    fail(9);
    expect(await waitFor()).toEqual({ turn: { probe: false }, ms: 0 });
    fail(1);
    expect(await waitFor()).toEqual({ turn: { probe: true }, ms: 500 });
  });

  test('costs one probe at a time', async () => {
    const { clock, pace, fail, waitFor } = createPace();
    fail(10);
    expect((await waitFor()).turn).toEqual({ probe: true });
    let given = 0;
    for (let i = 0; i < 5; i++) void pace.turn().then(() => given++);
    await clock.advance(60_000);
    expect(given).toBe(0);
    pace.answered(ANSWER, { probe: true });
    await clock.advance(1_000);
    await settled();
    expect(given).toBe(5);
  });

  test('a probe that is given back lets the next one go', async () => {
    const { pace, fail, waitFor } = createPace();
    fail(10);
    pace.giveBack((await waitFor()).turn);
    expect(await waitFor()).toEqual({ turn: { probe: true }, ms: 0 });
  });

  test('probes come after longer and longer pauses: two seconds in the first minute, then fifteen', async () => {
    const { pace, fail, waitFor } = createPace();
    fail(10);
    const pauses: number[] = [];
    for (let i = 0; i < 34; i++) {
      const { turn, ms } = await waitFor();
      pauses.push(ms);
      pace.answered(OUTAGE, turn);
    }
    expect(pauses.slice(0, 5)).toEqual([500, 1_000, 2_000, 2_000, 2_000]);
    expect(pauses.slice(-2)).toEqual([15_000, 15_000]);
  });

  test('what was under way when it began makes no pause longer', async () => {
    const { fail, waitFor } = createPace();
    fail(100);
    expect(await waitFor()).toEqual({ turn: { probe: true }, ms: 500 });
  });

  test('says why nothing moves until the service answers', async () => {
    const { pace, fail, waitFor } = createPace();
    fail(10);
    const { turn } = await waitFor();
    expect(pace.waiting).toMatch(/Vision does not answer: vision-unavailable/);
    pace.answered(ANSWER, turn);
    expect(pace.waiting).toBeUndefined();
  });
});

describe('a failure that may lie in one image', () => {
  const failed = (image: string): ServiceAnswer => outage({ code: 'vision-unavailable', httpStatus: 500 }, image);

  test('is no outage however often the same few images fail', async () => {
    const { pace, waitFor } = createPace();
    for (let i = 0; i < 200; i++) pace.answered(failed(`photo ${i % 24}`), { probe: false });
    expect(await waitFor()).toEqual({ turn: { probe: false }, ms: 0 });
  });

  test('is one when it meets image after image', async () => {
    const { pace, waitFor } = createPace();
    for (let i = 0; i < 25; i++) pace.answered(failed(`photo ${i}`), { probe: false });
    expect(await waitFor()).toEqual({ turn: { probe: true }, ms: 500 });
  });

  test('says nothing more once another image was answered', async () => {
    const { pace, waitFor } = createPace();
    for (let i = 0; i < 24; i++) pace.answered(failed(`photo ${i}`), { probe: false });
    pace.answered(ANSWER, { probe: false });
    for (let i = 24; i < 48; i++) pace.answered(failed(`photo ${i}`), { probe: false });
    expect((await waitFor()).turn).toEqual({ probe: false });
  });

  test.each([
    [408, 'a'],
    [500, 'a'],
    [502, undefined],
    [503, undefined],
    [504, undefined],
    [undefined, undefined],
  ])('%s blames %s', (httpStatus, suspect) => {
    const failure = { code: 'x', ...(httpStatus === undefined ? {} : { httpStatus }) };
    expect(outage(failure, 'a')).toEqual({ kind: 'outage', code: 'x', ...(suspect && { suspect }) });
  });
});
