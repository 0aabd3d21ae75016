import { GrantedCalls } from '../../../src/pipeline/granted-calls';

test('a call is taken once, while its grant is fresh; a stale one is given back once (I1)', () => {
  const calls = new GrantedCalls();
  calls.granted(2, 0);
  expect([calls.take(0), calls.take(999), calls.take(999)]).toEqual([true, true, false]);
  calls.granted(3, 1_000);
  expect(calls.take(2_000)).toBe(false);
  expect(calls.ask(2_000)).toEqual({ want: 2, unused: 3 });
  expect(calls.ask(2_400)).toEqual({ want: 0, unused: 0 });
});

test('what was not made or not billed is given back when it is stale, and what is left at the end (I2)', () => {
  const calls = new GrantedCalls();
  calls.granted(1, 0);
  calls.take(0);
  calls.giveBack();
  expect(calls.ask(500)).toEqual({ want: 0, unused: 0 });
  expect(calls.ask(1_000)).toEqual({ want: 0, unused: 1 });
  calls.granted(4, 1_000);
  expect([calls.rest(), calls.rest(), calls.take(1_001)]).toEqual([4, 0, false]);
});

test('what is taken where nothing limits it is counted, and what was not billed is not (I3)', () => {
  const calls = new GrantedCalls();
  calls.granted('unlimited', 0);
  for (let n = 0; n < 3; n += 1) calls.take(n);
  calls.giveBack();
  expect(calls.made).toBe(2);
  calls.granted(1, 10);
  expect([calls.take(11), calls.take(11), calls.made]).toEqual([true, false, 2]);
});

test('when Vision asks to wait, what was granted before is given back and not started (I4)', () => {
  const calls = new GrantedCalls();
  calls.granted(3, 0);
  expect(calls.take(300)).toBe(true);
  calls.heldBack(400);
  calls.granted(0, 400);
  expect(calls.take(400)).toBe(false);
  expect(calls.ask(800)).toEqual({ want: 1, unused: 2 });
  calls.granted(0, 800); // nothing just now
  expect(calls.ask(1_200)).toEqual({ want: 0, unused: 0 });
});

test('where nobody counts nothing is given back', () => {
  const calls = new GrantedCalls();
  calls.granted('unlimited', 0);
  expect(calls.take(50_000)).toBe(true);
  calls.giveBack();
  expect(calls.rest()).toBe(0);
});

test('freedom ends with the first word of a limit, though it came for calls of another price', () => {
  const calls = new GrantedCalls();
  calls.granted('unlimited', 0);
  calls.limited();
  expect([calls.take(1), calls.made]).toEqual([false, 0]);
});
