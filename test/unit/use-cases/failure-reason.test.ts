import { ERROR_CODES } from '../../../src/domain/errors';
import { failureReason, withCure } from '../../../src/use-cases/runs/failure-reason';

test('says what happened and its cure, and says neither twice', () => {
  const said = failureReason({ code: 'vision-unauthorized', message: 'Vision answered 401 Access denied' });
  expect(said).toBe(
    'vision-unauthorized: Vision answered 401 Access denied. Correct VISION_KEY and VISION_ENDPOINT: a key belongs to one resource and its region. ' +
      'An identity needs the role Cognitive Services User and a custom subdomain; `contactsheet azure check` names what is missing.',
  );
  expect(withCure(said)).toBe(said);
  expect(withCure('Its workflow ended.')).toBe('Its workflow ended.');
});

test.each(ERROR_CODES)('%s: the cure is whole, however long the message, and asks for no second request', (code) => {
  const { length } = failureReason({ code, message: '' });
  for (const message of ['x'.repeat(5_000), '写'.repeat(5_000), '📷'.repeat(5_000)]) {
    const said = failureReason({ code, message });
    expect(Buffer.byteLength(said)).toBeLessThanOrEqual(1_024);
    expect(Buffer.byteLength(said)).toBeGreaterThan(1_000);
    expect(said.slice(-length + code.length + 3)).toBe(failureReason({ code, message: '' }).slice(code.length + 3));
    expect(said).not.toMatch(/Retry-After|request id/);
  }
});
