import { throttleNotifier } from '../../../src/pipeline/throttle-notifier';
import { VirtualClock } from './virtual-clock';

/** A keeper of the quota that does not answer the first `silent` times. */
function keeper(silent: number) {
  const clock = new VirtualClock();
  const told: number[] = [];
  const news = throttleNotifier(clock, async (retryAfterMs) => {
    told.push(retryAfterMs);
    if (told.length <= silent) throw new Error('it is on its way to another host');
  });
  return { clock, told, news };
}

test('what the keeper heard is told once', async () => {
  const { clock, told, news } = keeper(0);
  await clock.until(news(3_000));
  expect(told).toEqual([3_000]);
});

test('a keeper that does not answer is told what is left, until it answers', async () => {
  const { clock, told, news } = keeper(3);
  await clock.until(news(3_000));
  expect(told).toEqual([3_000, 2_800, 2_600, 2_400]);
});

test('a wait that is over is told to nobody', async () => {
  const { clock, told, news } = keeper(Number.POSITIVE_INFINITY);
  await clock.until(news(500));
  expect(told).toEqual([500, 300, 100]);
});
