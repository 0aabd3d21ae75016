import fc from 'fast-check';
import { FairSemaphore } from '../../../src/pipeline/fair-semaphore';
import { settled } from './virtual-clock';

describe('FairSemaphore', () => {
  test('never holds more items, nor more bytes unless one is larger by itself', async () => {
    const limits = { maxItems: 3, maxBytes: 100 };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 })), fc.infiniteStream(fc.nat()), async (sizes, pick) => {
        const semaphore = new FairSemaphore(limits);
        const inside: { bytes: number; leave: () => void }[] = [];
        const entered: number[] = [];
        sizes.forEach((bytes, i) => {
          void semaphore.enter('run', bytes).then((leave) => {
            inside.push({ bytes, leave });
            entered.push(i);
          });
        });
        for (;;) {
          await settled();
          expect(semaphore.inside).toBe(inside.length);
          expect(inside.length).toBeLessThanOrEqual(limits.maxItems);
          const held = inside.reduce((sum, { bytes }) => sum + bytes, 0);
          expect(held <= limits.maxBytes || inside.length === 1).toBe(true);
          const [leaving] = inside.splice((pick.next().value as number) % Math.max(1, inside.length), 1);
          if (!leaving) break;
          leaving.leave();
        }
        expect(entered).toEqual(sizes.map((_, i) => i)); // first come, first served
      }),
      { numRuns: 50 },
    );
  });

  test('a run that came first leaves half of the places to one that came later (I2)', async () => {
    const semaphore = new FairSemaphore({ maxItems: 10, maxBytes: 1_000 });
    const inside = new Map<string, (() => void)[]>([
      ['early', []],
      ['late', []],
    ]);
    const come = (run: string) => void semaphore.enter(run, 1).then((leave) => inside.get(run)?.push(leave));
    for (let image = 0; image < 100; image++) come('early');
    for (let image = 0; image < 100; image++) come('late');
    await settled();
    expect([inside.get('early')?.length, inside.get('late')?.length]).toEqual([10, 0]);
    for (let ended = 0; ended < 5; ended++) {
      inside.get('early')?.shift()?.();
      await settled();
    }
    expect([inside.get('early')?.length, inside.get('late')?.length]).toEqual([5, 5]);
    inside.get('late')?.shift()?.();
    await settled();
    expect([inside.get('early')?.length, inside.get('late')?.length]).toEqual([5, 5]);
  });

  test('leaving twice frees one place', async () => {
    const semaphore = new FairSemaphore({ maxItems: 1, maxBytes: 1 });
    const leave = await semaphore.enter('run', 1);
    leave();
    await semaphore.enter('run', 1);
    leave();
    expect(semaphore.inside).toBe(1);
  });
});
