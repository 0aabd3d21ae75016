import { createProgress } from '../../../packages/cli/src/progress';
import { createPaceTracker } from '../../../packages/cli/src/text/pace';
import { progressLine } from '../../../packages/cli/src/text/progress-line';
import type { RunCounts, RunView } from '../../../src/domain/run/run';
import { aRun } from '../../http/fake-use-cases';
import { aScreen } from './screen';

const COUNTS: RunCounts = {
  total: 1240,
  totalIsFinal: true,
  succeeded: 803,
  failed: 9,
  skipped: 0,
  unchanged: 0,
  inFlight: 16,
};
const PACE = { ratePerSecond: 3.14, isSteady: true };
const line = (changes: Partial<RunView>, pace = PACE) => progressLine(aRun({ counts: COUNTS, ...changes }), pace);

describe('the progress line', () => {
  test('says how far, how fast, how long, what broke and what it cost', () => {
    expect(line({ transactions: 810 })).toBe('812/1240 65% 3.1/s ETA 2m16s ok 803 fail 9 ~0.81 EUR');
  });

  test('shows skipped and unchanged images, and why nothing moves', () => {
    const counts = { ...COUNTS, succeeded: 100, skipped: 2, unchanged: 710 };
    expect(line({ counts, waiting: 'Vision asked for 23 s' })).toBe(
      '821/1240 66% 3.1/s ETA 2m13s ok 100 fail 9 skip 2 same 710 (Vision asked for 23 s) ~0.0040 EUR',
    );
  });

  test('guesses no end before it has seen enough, nor of an open total', () => {
    expect(line({}, { ...PACE, isSteady: false })).toContain('3.1/s ok');
    expect(line({ counts: { ...COUNTS, totalIsFinal: false } })).toContain('812/1240+ 3.1/s ok');
  });

  test('says since when nothing moves', () => {
    const stalled = { ratePerSecond: 0, isSteady: true, stalledMs: 45_000 };
    expect(progressLine(aRun({ counts: COUNTS }), stalled)).toContain('65% stalled for 45s ok 803');
  });

  test.each([
    ['Queued', 'queued'],
    ['Counting', 'counting... 1240 images'],
    ['AwaitingApproval', 'waiting for approval: 12 transactions ~0.01 EUR'],
    ['Pausing', 'pausing, 16 images already sent'],
    ['Cancelling', 'cancelling, 16 images already sent'],
    ['Paused', 'paused at 812/1240 65%'],
    ['StoppedAtBudget', 'stopped at its budget at 812/1240 65%'],
    ['CompletedWithErrors', 'CompletedWithErrors: 812/1240 65% ok 803 fail 9'],
  ] as const)('%s', (status, expected) => {
    expect(line({ status })).toMatch(new RegExp(`^${expected.replaceAll('.', '\\.')}`));
  });
});

describe('pace', () => {
  test('is that of the last minute', () => {
    const tracker = createPaceTracker();
    tracker.see(0, 0);
    tracker.see(600, 60_000);
    expect(tracker.see(660, 120_000).ratePerSecond).toBe(1);
  });

  test('is steady after ten seconds or twenty images', () => {
    const tracker = createPaceTracker();
    expect(tracker.see(0, 0).isSteady).toBe(false);
    expect(tracker.see(19, 9_000).isSteady).toBe(false);
    expect(tracker.see(20, 9_000).isSteady).toBe(true);
  });

  test('stalls after fifteen seconds and moves again', () => {
    const tracker = createPaceTracker();
    tracker.see(5, 0);
    expect(tracker.see(5, 14_000)).not.toHaveProperty('stalledMs');
    expect(tracker.see(5, 15_000)).toMatchObject({ stalledMs: 15_000, ratePerSecond: 0 });
    expect(tracker.see(6, 16_000)).not.toHaveProperty('stalledMs');
  });
});

describe('where it is shown', () => {
  test('a terminal has one line, rewritten in place and never wrapped', () => {
    const stderr = aScreen({ isTTY: true, columns: 20 });
    const progress = createProgress({ stderr, now: () => 0 }, false);
    progress.show('a line that is too long for it');
    progress.show('short');
    progress.show('short');
    progress.note('a note');
    progress.end();
    expect(stderr.text()).toBe('\r\u001b[2Ka line that is too…\r\u001b[2Kshort\r\u001b[2Ka note\nshort\n');
  });

  test('elsewhere a line comes each ten seconds, and the last one', () => {
    let now = 0;
    const stderr = aScreen();
    const progress = createProgress({ stderr, now: () => now }, false);
    for (; now <= 25_000; now += 1_000) progress.show(`at ${now / 1000}`);
    progress.end();
    expect(stderr.text()).toBe('at 0\nat 10\nat 20\nat 25\n');
  });

  test('nothing is shown when quiet', () => {
    const stderr = aScreen({ isTTY: true });
    const progress = createProgress({ stderr, now: () => 0 }, true);
    progress.show('x');
    progress.note('y');
    progress.end();
    expect(stderr.text()).toBe('');
  });
});
