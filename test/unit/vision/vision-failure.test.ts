import type { VisionCode } from '../../../src/gateways/vision/port';
import { failureOfAnswer } from '../../../src/gateways/vision/vision-failure';

/**
 * Guarantee: a refusal is laid at the door of whoever can cure it, and a wait that is announced is kept (docs/vision-answers.md).
 * The bodies are those of the service's error reference (Image Analysis 3.2 and 4.0) and of API Management.
 */

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

const answered = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  failureOfAnswer({ kind: 'answer', status, headers, text: JSON.stringify(body) }, NOW);
const plain = (code: string, message: string, inner?: string) => ({
  error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner, message } }) },
});

describe('of the resource or the request: no image is to blame', () => {
  test.each<[string, number, object, VisionCode]>([
    [
      'a feature outside its region',
      400,
      plain('InvalidRequest', "The feature 'Caption' is not supported in this region."),
      'vision-unsupported-feature',
    ],
    [
      'a region without the operation',
      400,
      plain('InvalidRequest', 'This operation is not available in your region.'),
      'vision-unsupported-feature',
    ],
    [
      'an unknown feature',
      400,
      plain('InvalidArgument', 'x', 'NotSupportedVisualFeature'),
      'vision-unsupported-feature',
    ],
    ['an unknown language', 400, plain('InvalidArgument', 'x', 'NotSupportedLanguage'), 'vision-unsupported-feature'],
    [
      'a language that a feature does not have',
      400,
      plain('InvalidRequest', "The language 'de' is not supported for the feature."),
      'vision-unsupported-feature',
    ],
    ['a wrong detail', 400, { code: 'InvalidDetails', message: 'x' }, 'vision-unsupported-feature'],
    [
      'a feature that needs an approval',
      403,
      plain('Forbidden', 'Feature is not supported: requires approval for Limited Access features.'),
      'vision-unsupported-feature',
    ],
    [
      'a feature behind an approval, as 400',
      400,
      plain('InvalidRequest', 'Access denied: you have not been approved for Limited Access.'),
      'vision-resource-refused',
    ],
    [
      'the tier',
      403,
      plain('403', 'Operation is not allowed under the pricing tier F0 of your resource.'),
      'vision-resource-refused',
    ],
    ['a disabled resource', 403, plain('403', 'The resource is disabled.'), 'vision-resource-refused'],
    ['a firewall', 403, plain('403', 'Access denied due to Virtual Network/Firewall rules.'), 'vision-forbidden'],
    ['a key', 401, plain('401', 'Access denied due to invalid subscription key.'), 'vision-unauthorized'],
    ['no such operation', 404, plain('404', 'Resource not found'), 'vision-not-found'],
    ['no such version', 400, plain('InvalidApiVersion', 'The API version is not known.'), 'vision-not-found'],
  ])('%s', (_, status, body, code) => {
    expect(answered(status, body)).toMatchObject({ code, retryable: false });
  });
});

describe('of the image', () => {
  test.each<[string, number, object, VisionCode]>([
    ['bytes', 400, plain('InvalidArgument', 'x', 'InvalidImageFormat'), 'vision-invalid-format'],
    [
      'a format',
      400,
      plain('InvalidRequest', 'Image format is not valid.', 'NotSupportedImage'),
      'vision-invalid-format',
    ],
    ['its size', 400, plain('InvalidRequest', 'x', 'InvalidImageSize'), 'vision-invalid-size'],
    ['its size, in words', 400, plain('InvalidRequest', 'Image size is not allowed.'), 'vision-invalid-size'],
    ['what nobody has said before', 400, plain('InvalidRequest', 'The image is sad.'), 'vision-rejected'],
  ])('%s', (_, status, body, code) => {
    expect(answered(status, body)).toMatchObject({ code, retryable: false });
  });
});

describe('of the moment: tried again', () => {
  test.each<[string, number, object, VisionCode]>([
    ['408', 408, plain('RequestTimeout', 'x'), 'vision-timeout'],
    ['400 with Timeout within', 400, plain('InvalidRequest', 'x', 'Timeout'), 'vision-timeout'],
    ['400 that failed inside', 400, plain('InvalidRequest', 'x', 'FailedToProcess'), 'vision-unavailable'],
    ['500', 500, plain('InternalServerError', 'x'), 'vision-unavailable'],
    ['503', 503, plain('ServiceUnavailable', 'x'), 'vision-unavailable'],
  ])('%s', (_, status, body, code) => {
    expect(answered(status, body)).toMatchObject({ code, retryable: true });
  });

  test.each<[string, number, string, number | undefined]>([
    [
      'a volume that comes back in days',
      403,
      'Out of call volume quota. Quota will be replenished in 22.14:18:12.',
      22 * DAY + 14 * 3_600_000 + 18 * 60_000 + 12_000,
    ],
    ['within the day', 403, 'Out of call volume quota. Quota will be replenished in 01:02:03.', 3_723_000],
    ['a volume without a time', 403, 'Out of call volume quota.', 3_600_000],
    ['a rate in words', 429, 'Requests have exceeded the call rate limit. Please retry after 26 seconds.', 26_000],
    ['a rate without a time', 429, 'Too many requests.', undefined],
  ])('used up: %s', (_, status, message, retryAfterMs) => {
    const failure = answered(status, plain(String(status), message));
    expect(failure).toMatchObject({ code: 'vision-throttled', retryable: true });
    expect(failure.retryAfterMs).toBe(retryAfterMs);
  });

  test('the header goes before the words', () => {
    const body = plain('429', 'Please retry after 26 seconds.');
    expect(answered(429, body, { 'retry-after': '3' }).retryAfterMs).toBe(3_000);
  });
});

test('a message of any length is read at once', () => {
  const message = 'feature '.repeat(125_000);
  const startedMs = performance.now();
  expect(answered(400, plain('InvalidRequest', message, 'x'))).toMatchObject({ code: 'vision-rejected' });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test.each(['constructor', '__proto__', 'toString'])('the code %s is no code that is known', (code) => {
  expect(answered(400, plain(code, 'x', code))).toMatchObject({ code: 'vision-rejected' });
});
