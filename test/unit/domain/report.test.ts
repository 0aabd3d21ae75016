import { adviceFor, adviceOn } from '../../../src/domain/image/advice';
import { INELIGIBLE_REASONS } from '../../../src/domain/image/eligibility';
import type { Attempt, StoredImage } from '../../../src/domain/image/image';
import { chunkReportOf, mayMatch } from '../../../src/domain/run/ledger';
import { outcomeOf, existedBefore } from '../../../src/domain/run/report';
import { fieldOf } from '../../../src/domain/container/verification';
import { VISION_CODES } from '../../../src/gateways/vision/port';
import { stored } from './images';

const RUN = 'run-1';

function attempt(change: Partial<Attempt> = {}): Attempt {
  return { stage: 'vision', startedAt: '2026-01-01T00:00:00.000Z', waitMs: 1, workMs: 10, runId: RUN, ...change };
}

const effort = (change: Partial<StoredImage>) => outcomeOf(stored('a', change), true);

describe('an outcome', () => {
  test('counts only what this run did', () => {
    const attempts = [attempt({ runId: 'run-0', code: 'vision-timeout' }), attempt()];
    expect(effort({ attempts })).toMatchObject({ calls: 1, waitMs: 1, workMs: 10 });
    expect(effort({ attempts })).not.toHaveProperty('retries');
    expect(effort({ attempts })).not.toHaveProperty('maybeBilled');
  });

  test('a 429 is neither a call nor a retry, and counts as often as it came', () => {
    const attempts = [
      attempt({ code: 'vision-throttled', count: 7 }),
      attempt({ code: 'vision-throttled' }),
      attempt(),
    ];
    expect(effort({ attempts })).toMatchObject({ calls: 1, throttled: 8 });
    expect(effort({ attempts })).not.toHaveProperty('retries');
  });

  test('the failure that decided the image was not tried again', () => {
    const error = { code: 'vision-unavailable', stage: 'vision', message: '', retryable: true } as const;
    const failed = attempt({ code: 'vision-unavailable' });
    const change = { status: 'failed', reason: 'vision-unavailable', error } as const;
    expect(effort({ ...change, attempts: [failed, failed, failed] }).retries).toBe(2);
    expect(effort({ ...change, attempts: [failed] })).not.toHaveProperty('retries');
    const gone = attempt({ stage: 'download', code: 'gone' });
    expect(effort({ status: 'removed', reason: 'gone', attempts: [gone] })).not.toHaveProperty('retries');
    const reset = attempt({ stage: 'download', code: 'download-failed' });
    expect(effort({ status: 'skipped', reason: 'too-small', attempts: [reset] }).retries).toBe(1);
  });

  test('an attempt that stands for several counts as often', () => {
    const down = attempt({ code: 'vision-timeout', count: 3 });
    const outcome = effort({ attempts: [down, attempt({ stage: 'save', code: 'results-unavailable', count: 9 })] });
    expect(outcome).toMatchObject({ calls: 3, retries: 12, maybeBilled: Array(3).fill(down.startedAt) });
  });

  test('counts the downloads that brought all bytes, and these bytes; an older build has not noted them', () => {
    const brought = attempt({ stage: 'download', bytesDownloaded: 500 });
    const failed = attempt({ stage: 'download', code: 'download-failed' });
    const older = attempt({ stage: 'download' });
    const before = attempt({ stage: 'download', bytesDownloaded: 900, runId: 'run-0' });
    expect(effort({ attempts: [before, failed, brought, attempt()] })).toMatchObject({
      ...{ downloads: 1, bytesDownloaded: 500, retries: 1 },
    });
    expect(effort({ attempts: [older, attempt()] })).toMatchObject({ downloads: 1 });
    expect(effort({ attempts: [older, attempt()] })).not.toHaveProperty('bytesDownloaded');
  });

  test('calls that nobody heard of again may be on the bill', () => {
    const at = '2026-01-01T00:00:09.000Z';
    const attempts = [attempt({ code: 'maybe-billed', startedAt: at }), attempt({ code: 'vision-timeout' }), attempt()];
    const outcome = effort({ attempts });
    expect(outcome.maybeBilled).toEqual([at, '2026-01-01T00:00:00.000Z']);
    expect(outcome).toMatchObject({ calls: 2, retries: 1 });
  });
});

describe('an image of a settled chunk', () => {
  const image = (runId: string, change: Partial<StoredImage> = {}) =>
    stored('a', { runId, runStartedAt: `2026-01-0${runId}T00:00:00.000Z`, ...change });
  test.each([
    ['written before, and there', image('1'), true],
    ['removed before', image('1', { status: 'removed', analyzedAt: '2026-01-01T00:00:00.000Z' }), false],
    ['removed by a repair since', image('1', { status: 'removed', analyzedAt: '2026-01-03T00:00:00.000Z' }), true],
    ['new in a later run', image('3'), false],
    ['changed by a later run', image('3', { replaced: { 'i:succeeded': 1 } }), true],
    ['removed by a later run', image('3', { status: 'removed', replaced: { 'i:failed': 1 } }), true],
    ['back in a later run', image('3', { replaced: { 'i:removed': 1 } }), false],
  ])('%s', (_, document, there) => {
    expect(existedBefore(document, { id: '2', startedAt: '2026-01-02T00:00:00.000Z' })).toBe(there);
  });
});

describe('a ledger row', () => {
  const outcomes = [effort({ status: 'failed', reason: 'corrupt', attempts: [] }), effort({ attempts: [attempt()] })];
  const row = { from: 'a/5', to: 'b/5', count: 2, settled: false, report: chunkReportOf(outcomes, 'hash') };

  test.each([
    [{}, true],
    [{ status: 'failed' as const }, true],
    [{ status: 'skipped' as const }, false],
    [{ reason: 'corrupt' }, true],
    [{ reason: 'constructor' }, false],
    [{ prefix: 'a/' }, true],
    [{ prefix: 'a/4' }, false],
    [{ prefix: 'a/5' }, true],
    [{ prefix: 'b/5' }, true],
    [{ prefix: 'b/6' }, false],
    [{ prefix: '' }, true],
    [{ prefix: 'a/7' }, true],
    [{ prefix: 'c' }, false],
  ])('may hold what %p asks for: %p', (filter, may) => {
    expect(mayMatch(row, filter)).toBe(may);
  });

  test('a settled chunk holds unchanged images alone; an unfinished one holds no line', () => {
    const settled = { count: 1, settled: true };
    expect(mayMatch(settled, {})).toBe(true);
    expect(mayMatch(settled, { status: 'unchanged' })).toBe(true);
    expect(mayMatch(settled, { status: 'failed' })).toBe(false);
    expect(mayMatch(settled, { reason: 'corrupt' })).toBe(false);
    expect(mayMatch({ count: 1, settled: false }, {})).toBe(false);
  });

  test('of a run with a rest an unfinished chunk may hold anything within its bounds', () => {
    const untold = { count: 1, settled: false, from: 'a', to: 'b' };
    expect(mayMatch(untold, { reason: 'budget' }, true)).toBe(true);
    expect(mayMatch(untold, { prefix: 'c' }, true)).toBe(false);
    expect(mayMatch({ ...row, count: 4 }, { reason: 'budget' }, true)).toBe(true);
    expect(mayMatch(row, { reason: 'budget' }, true)).toBe(false);
    expect(mayMatch({ count: 1, settled: true }, { reason: 'budget' }, true)).toBe(false);
  });
});

describe('advice', () => {
  const unknown = adviceOn('no such code');
  test.each([
    ...INELIGIBLE_REASONS,
    ...VISION_CODES,
    'changed',
    'gone',
    'budget',
    'cancelled',
    'run-failed',
    'download-failed',
    'maybe-billed',
  ])('there is some of its own for %s', (code) => {
    expect(adviceOn(code)).not.toBe(unknown);
    expect(adviceOn(code)).toMatch(/^[A-Z].*\.$/);
  });

  test('none where there is nothing to do, and some for what nobody has heard of', () => {
    expect(adviceFor({ status: 'succeeded' })).toBeUndefined();
    expect(adviceFor({ status: 'unchanged', reason: 'x' })).toBeUndefined();
    expect(adviceFor({ status: 'failed', error: { code: 'constructor', retryable: true } })).toContain('Run again');
  });
});

test('counters are named as the totals of the API name them', () => {
  const fields = ['i:failed', 'b:', 't:sky: blue', 'z:?'].map(fieldOf);
  expect(fields).toEqual(['images.failed', 'bytes', 'tags.sky: blue', 'z.?']);
});
