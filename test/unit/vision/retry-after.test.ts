import { parseRetryAfterMs } from '../../../src/gateways/vision/retry-after';

const now = Date.parse('2026-11-22T10:00:00Z');

describe('parseRetryAfterMs', () => {
  it.each([
    ['0', 0],
    ['7', 7000],
    [' 1.5 ', 1500],
    ['1000000', 1_000_000_000],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 09:59:00 GMT', 0],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ])('reads %s', (header, ms) => {
    expect(parseRetryAfterMs(header, now)).toBe(ms);
  });

  it.each([undefined, '', '-5', 'soon', '1e3', '-2027', 'Someday, 99 Nov'])('reads nothing from %s', (header) => {
    expect(parseRetryAfterMs(header, now)).toBeUndefined();
  });
});
