import pino from 'pino';
import { WakeUps, WINDOW_MS } from '../../../src/jobs/wake-ups';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function site() {
  const woken: string[] = [];
  const state = { fails: false };
  const wakeUps = new WakeUps({
    log: pino({ level: 'silent' }),
    wake: async (container) => {
      if (state.fails) throw new Error('no engine');
      woken.push(container);
    },
  });
  return { wakeUps, woken, state };
}

test('10,000 new blobs are one wake-up at once and one at the end of the window', async () => {
  const { wakeUps, woken } = site();
  for (let n = 0; n < 10_000; n++) await wakeUps.blobCreated('photos');
  await wakeUps.blobCreated('albums');
  expect(woken).toEqual(['photos', 'albums']);
  await jest.advanceTimersByTimeAsync(4 * WINDOW_MS);
  expect(woken).toEqual(['photos', 'albums', 'photos']);
  await wakeUps.blobCreated('photos');
  expect(woken).toHaveLength(4);
  wakeUps.stop();
});

test('a wake-up that failed is told, and the next message tries again', async () => {
  const { wakeUps, woken, state } = site();
  state.fails = true;
  await expect(wakeUps.blobCreated('photos')).rejects.toThrow('no engine');
  state.fails = false;
  await wakeUps.blobCreated('photos');
  expect(woken).toEqual(['photos']);
  wakeUps.stop();
});

test('nothing is woken after the stop', async () => {
  const { wakeUps, woken } = site();
  await wakeUps.blobCreated('photos');
  await wakeUps.blobCreated('photos');
  wakeUps.stop();
  await jest.advanceTimersByTimeAsync(2 * WINDOW_MS);
  expect(woken).toEqual(['photos']);
});
