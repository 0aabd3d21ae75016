import { createHash } from 'node:crypto';
import { taken } from 'contactsheet/contract';
import { createPictures } from '../pictures';
import { atMost, between } from './expected';
import type { OutsideCase } from './outside-case';
import type { Place } from './place';

const ALWAYS = 1_000_000;
const DAY_MS = 86_400_000;
const IMAGES = 60;

const numbered = (count: number, stem = 'photo') => Array.from({ length: count }, (_, n) => `${stem}-${n}.jpg`);

/** A refusal that every image would get: the run ends with its cure, marks none, and the next one does the work. */
function resourceRefusal(name: string, behaviour: string, reason: RegExp): OutsideCase {
  return {
    kind: 'refusals',
    name,
    arrange: async (place) => {
      await place.pictures(numbered(IMAGES));
      await place.vision.arm({ behaviour, times: ALWAYS });
      await place.vision.forget();
    },
    see: async (place) => {
      const refused = await place.run();
      const { calls } = await place.vision.stats();
      await place.vision.disarm();
      const next = await place.run();
      return {
        status: refused.status,
        reason: refused.reason,
        cure: refused.cure,
        calls,
        marked: refused.counts.failed + refused.counts.skipped,
        next: { status: next.status, calls: next.calls, succeeded: next.counts.succeeded },
      };
    },
    expected: {
      status: 'Failed',
      reason,
      cure: /./,
      calls: atMost(10),
      marked: 0,
      next: { status: 'Completed', calls: IMAGES, succeeded: IMAGES },
    },
  };
}

/** An answer that passes: the image is asked for again, in the same run. */
function passing(name: string, behaviour: string, times: number): OutsideCase {
  return {
    kind: 'refusals',
    name,
    arrange: async (place) => {
      await place.pictures(numbered(5));
      await place.vision.arm({ behaviour, times });
    },
    see: async (place) => {
      const { status, calls, counts } = await place.run();
      return { status, calls, succeeded: counts.succeeded };
    },
    expected: { status: 'Completed', calls: 5 + times, succeeded: 5 },
  };
}

/** Images that always fail are asked about five times each; 25 of them in a row may cost one call to tell them from an outage. */
const DOUBTED = 25;

/** Images that fail every time, in a container with `good` others. */
function alwaysFailing(name: string, bad: number, good: number, behaviour = 'status-500'): OutsideCase {
  return {
    kind: 'refusals',
    name,
    arrange: async (place) => {
      await place.pictures([...numbered(bad), ...numbered(good, 'well')]);
      await place.vision.arm(...(await hashesOf(place, bad)).map((match) => ({ behaviour, times: ALWAYS, match })));
    },
    see: async (place) => {
      const began = Date.now();
      const { status, calls, counts } = await place.run({ withinMs: 240_000 });
      return { status, calls, failed: counts.failed, seconds: Math.round((Date.now() - began) / 1_000) };
    },
    expected: {
      status: 'CompletedWithErrors',
      calls: between(bad * 5 + good, bad * 5 + good + Math.floor(bad / DOUBTED)),
      failed: bad,
      seconds: atMost(60),
    },
  };
}

async function hashesOf(place: Place, count: number): Promise<string[]> {
  const pictureOf = await createPictures(place.container);
  return Array.from({ length: count }, (_, n) => createHash('sha256').update(pictureOf(n)).digest('hex'));
}

async function seeVolume(place: Place): Promise<unknown> {
  const id = await place.start();
  const { waiting } = await place.until(
    () => place.look(id),
    (run) => /asked to wait until/.test(run.waiting ?? ''),
  );
  const { pausedUntil } = taken(await place.client.getQuota());
  await place.client.setQuota({ body: { pausedUntil: null } });
  await place.client.resumeRun({ params: { id } });
  const { status, counts } = await place.ended(id);
  const days = (Date.parse(String(pausedUntil)) - Date.now()) / DAY_MS;
  return { waiting, days: Number(days.toFixed(2)), cured: { status, failed: counts.failed } };
}

async function seeOutage(place: Place): Promise<unknown> {
  const { status, counts } = await place.run({ withinMs: 120_000 });
  return { status, succeeded: counts.succeeded, failed: counts.failed };
}

/** Vision refuses the key from the middle of a run on. */
async function seeLateRefusal(place: Place): Promise<unknown> {
  const id = await place.start();
  await place.until(
    () => place.vision.stats(),
    ({ calls }) => calls >= 20,
  );
  await place.vision.arm({ behaviour: 'key-refused', times: ALWAYS });
  const refused = await place.ended(id);
  await place.vision.disarm();
  const next = await place.run();
  return {
    status: refused.status,
    marked: refused.counts.failed + refused.counts.skipped,
    isKept: refused.counts.succeeded >= 20 && next.counts.unchanged === refused.counts.succeeded,
    next: next.status,
    sum: refused.counts.succeeded + next.counts.succeeded,
  };
}

async function seeFailingDownloads(place: Place): Promise<unknown> {
  let downloads = 0;
  place.storageObeys((line) => {
    if (!/GET .*\/photo-/.test(line)) return 'pass';
    downloads += 1;
    return { status: 500, headers: { 'x-ms-error-code': 'InternalError' }, body: '' };
  });
  const began = Date.now();
  const { status, calls, counts } = await place.run({ withinMs: 240_000 });
  const seconds = Math.round((Date.now() - began) / 1_000);
  return { status, calls, failed: counts.failed, downloads, seconds };
}

export const REFUSAL_CASES: readonly OutsideCase[] = [
  {
    ...resourceRefusal(
      'a feature that the region does not have, as 400',
      'feature-not-in-region',
      /^vision-unsupported-feature: .*'Caption' is not supported in this/,
    ),
    isTested: true,
  },
  resourceRefusal('a language that is not supported', 'language-not-supported', /^vision-unsupported-feature: /),
  resourceRefusal('a feature behind an approval', 'access-not-approved', /^vision-unsupported-feature: .*approval/),
  resourceRefusal('an operation that the tier does not have', 'tier-without-operation', /^vision-resource-refused: /),
  resourceRefusal('a key that is refused', 'key-refused', /^vision-unauthorized: /),
  {
    kind: 'refusals',
    name: 'a call volume that is used up for 22 days, as 403',
    isTested: true,
    arrange: async (place) => {
      await place.pictures(numbered(5));
      await place.vision.arm({ behaviour: 'out-of-volume', times: 1 });
    },
    see: seeVolume,
    expected: {
      waiting: /asked to wait until \d{4}-/,
      days: between(22.5, 22.7),
      cured: { status: 'Completed', failed: 0 },
    },
  },
  { ...passing('408, once', 'status-408', 1), isTested: true },
  passing('400 with the inner code Timeout, once', 'timeout-400', 1),
  { ...alwaysFailing('4 images that always get 500, alone', 4, 0), isTested: true },
  { ...alwaysFailing('20 images that always get 500, alone', 20, 0), isSlow: true },
  alwaysFailing('4 images that always get 500, beside 30 good ones', 4, 30),
  alwaysFailing('4 images that always get 408, alone', 4, 0, 'status-408'),
  alwaysFailing('60 images that always get 500, alone', 60, 0),
  alwaysFailing('60 images that always get 500, beside 60 good ones', 60, 60),
  {
    kind: 'refusals',
    name: '4 images whose download always gets 500',
    arrange: (place) => place.pictures(numbered(4)),
    see: seeFailingDownloads,
    expected: { status: 'CompletedWithErrors', calls: 0, failed: 4, downloads: 20, seconds: atMost(60) },
  },
  {
    kind: 'refusals',
    name: '40 images whose download always gets 500',
    arrange: (place) => place.pictures(numbered(40)),
    see: seeFailingDownloads,
    expected: { status: 'CompletedWithErrors', calls: 0, failed: 40, downloads: 200, seconds: atMost(60) },
  },
  {
    kind: 'refusals',
    name: 'a key that is refused from the middle of a run on',
    arrange: async (place) => {
      await place.pictures(numbered(400));
      await place.vision.forget();
    },
    see: seeLateRefusal,
    expected: { status: 'Failed', marked: 0, isKept: true, next: 'Completed', sum: 400 },
  },
  {
    kind: 'refusals',
    name: 'an outage of 10 seconds that answers 500',
    isSlow: true,
    arrange: async (place) => {
      await place.pictures(numbered(IMAGES));
      await place.vision.arm({ behaviour: 'status-500', times: ALWAYS, forMs: 10_000 });
    },
    see: seeOutage,
    expected: { status: 'Completed', succeeded: IMAGES, failed: 0 },
  },
  {
    kind: 'refusals',
    name: 'an outage of 10 seconds',
    isSlow: true,
    arrange: async (place) => {
      await place.pictures(numbered(IMAGES));
      await place.vision.arm({ behaviour: 'status-503', times: ALWAYS, forMs: 10_000 });
    },
    see: seeOutage,
    expected: { status: 'Completed', succeeded: IMAGES, failed: 0 },
  },
];
