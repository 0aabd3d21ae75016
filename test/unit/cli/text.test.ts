import { plainLines } from '../../../packages/cli/src/text/plain';
import { bytes, duration, money, parseDuration, percent, time } from '../../../packages/cli/src/text/quantities';

test('any answer as text: nested names, lists as tables, links left out', () => {
  const answer = {
    run: 'r1',
    price: { unit: 0.001, currency: 'EUR' },
    tags: ['a', 'b'],
    reports: [{ key: 'k', lines: 2 }],
    links: { self: 'x' },
  };
  expect(plainLines(answer)).toEqual([
    'run             r1',
    'price.unit      0.001',
    'price.currency  EUR',
    'tags            a, b',
    '',
    'reports:',
    'KEY  LINES',
    'k    2',
  ]);
});

describe('quantities', () => {
  test('durations', () => {
    expect([0, 45_000, 130_000, 3 * 3_600_000 + 300_000, 52 * 3_600_000].map(duration)).toEqual([
      '0s',
      '45s',
      '2m10s',
      '3h05m',
      '2d04h',
    ]);
    expect(['90', '90s', '1.5m', '24h', '7d', '250ms', '', 'x', '-1', '1w'].map(parseDuration)).toEqual([
      90_000,
      90_000,
      90_000,
      86_400_000,
      604_800_000,
      250,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('money, bytes, shares and times', () => {
    expect([0, 0.0012, 0.81, 12.5, 0.0000004].map((amount) => money(amount, 'USD'))).toEqual([
      '0.00 USD',
      '0.0012 USD',
      '0.81 USD',
      '12.50 USD',
      '0.00 USD',
    ]);
    expect([0, 999, 1_234, 45_600_000].map(bytes)).toEqual(['0 B', '999 B', '1.2 KB', '46 MB']);
    expect([percent(0, 0), percent(999, 1000), percent(3, 3)]).toEqual(['100%', '99%', '100%']);
    expect(time('2026-01-02T03:04:05.678Z')).toBe('2026-01-02 03:04:05Z');
  });
});
