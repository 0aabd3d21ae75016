import { follow, leftAlone, progressLine, rowOf } from '../../../packages/dev-stack/src/demo';
import { restartPauseMs } from '../../../packages/dev-stack/src/deaths';
import { contentTypeOf } from '../../../packages/dev-stack/src/sample-pictures';

test('the pauses before restarts double up to ten seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(restartPauseMs)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test('progress says what is done of what', () => {
  const run = {
    id: 'r',
    status: 'Running',
    phase: 'analyze',
    counts: { total: 27, totalIsFinal: true, succeeded: 16, failed: 0, skipped: 1, unchanged: 2, inFlight: 4 },
    calls: 16,
  } as const;
  expect(progressLine(run, 4_400)).toBe(
    'Running (analyze): 19 of 27 images · 16 succeeded · 0 failed · 1 skipped · 2 unchanged · 16 Vision calls · 4 s',
  );
  expect(progressLine(run, 4_400, 79)).toBe('Running (analyze): 19 of 27 images · 16 succeeded · 0 failed · 1 skipped');
});

test('a row shows a caption, else the measured words, and the reason of what was skipped', () => {
  expect(rowOf({ blob: 'a.txt', status: 'skipped', reason: 'not-an-image' })).toEqual([
    'a.txt',
    'not-an-image',
    '',
    '',
    'skipped',
  ]);
  const analysis = {
    description: { tags: ['bright', 'blurry'], captions: [] },
    tags: [{ name: 'bright', confidence: 1 }],
    color: { dominantColors: ['Blue', 'White'] },
  };
  expect(rowOf({ blob: 'b.jpg', status: 'succeeded', analysis })).toEqual([
    'b.jpg',
    'bright, blurry',
    'bright',
    'Blue, White',
    'succeeded',
  ]);
});

test('content types follow the ending of a name', () => {
  expect(contentTypeOf('folder/Ä #1.JPG')).toBe('image/jpeg');
  expect(contentTypeOf('unknown')).toBe('application/octet-stream');
});

test('a run that does not move is left alone, and it is said how to end it; one that moves is followed', async () => {
  const run = { id: 'r', status: 'Counting', phase: 'snapshot', waiting: 'list-page: no answer.', calls: 0 } as const;
  const counts = { total: 0, totalIsFinal: false, succeeded: 0, failed: 0, skipped: 0, unchanged: 0, inFlight: 0 };
  const terminal = { live: () => {}, settle: () => {}, width: undefined };
  const { signal } = new AbortController();
  const still = { run: async () => ({ ...run, counts }) as never };
  expect(await follow(still, 'r', terminal as never, signal, 600)).toMatchObject({ status: 'Counting' });
  let asked = 0;
  const moving = {
    run: async () =>
      ({ ...run, counts: { ...counts, total: ++asked }, status: asked < 5 ? 'Counting' : 'Completed' }) as never,
  };
  expect(await follow(moving, 'r', terminal as never, signal, 600)).toMatchObject({ status: 'Completed' });
  expect(leftAlone(run)).toBe(
    'Run r does not move: Counting (list-page: no answer). The demonstration goes on without it. To end it: npx contactsheet run cancel r',
  );
});
