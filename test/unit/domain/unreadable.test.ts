import { staleness } from '../../../src/domain/container/verification';
import { adviceFor } from '../../../src/domain/image/advice';
import { classify } from '../../../src/domain/image/classification';
import { ineligibleAsListed } from '../../../src/domain/image/eligibility';
import { type StoredImage, UNREADABLE, type Unreadable } from '../../../src/domain/image/image';
import { errorOf, reasonOf } from '../../../src/domain/image/unreadable';
import { willTry } from '../../../src/domain/run/retry-forecast';
import { packBlobs, unpackBlobs } from '../../../src/gateways/manifests/packed-blobs';
import { ANALYZER, listed, stored } from './images';

/** Guarantee: what cannot be read now is said once, costs nothing, loses nothing, and is worked on when it is back. */

const skipped = (unreadable: Unreadable): Partial<StoredImage> => {
  return { status: 'skipped', reason: reasonOf(unreadable), error: errorOf(unreadable) };
};
const kindOf = (change: Partial<StoredImage> | undefined, unreadable?: Unreadable) =>
  classify(listed('a', unreadable ? { unreadable } : {}), change && stored('a', change), ANALYZER).kind;

test('the size decides first: nobody should pay for the rehydration of what Vision does not take', () => {
  const limits = { maxBytes: 10 };
  expect(ineligibleAsListed({ sizeBytes: 5, unreadable: 'archived' }, limits)).toBe('archived');
  expect(ineligibleAsListed({ sizeBytes: 5, unreadable: 'rehydrate-pending' }, limits)).toBe('archived');
  expect(ineligibleAsListed({ sizeBytes: 11, unreadable: 'archived' }, limits)).toBe('too-large-bytes');
  expect(ineligibleAsListed({ sizeBytes: 0, unreadable: 'customer-provided-key' }, limits)).toBe('empty');
  expect(ineligibleAsListed({ sizeBytes: 5 }, limits)).toBeUndefined();
});

test.each(UNREADABLE)('%s: said once, kept when known, worked on when it is back', (unreadable) => {
  expect(kindOf(undefined, unreadable)).toBe('new');
  expect(kindOf({ etag: '0x2' }, unreadable)).toBe('changed');
  expect(kindOf(skipped(unreadable), unreadable)).toBe('unchanged');
  // Its analysis stands, though the run asks for more, or another analyzer: neither can be had.
  expect(kindOf({}, unreadable)).toBe('unchanged');
  expect(kindOf({ analyzer: { ...ANALYZER, features: ['Tags'] } }, unreadable)).toBe('unchanged');
  expect(kindOf({ analyzer: { ...ANALYZER, version: '4.0' } }, unreadable)).toBe('unchanged');
  expect(kindOf({ status: 'failed', analyzer: { ...ANALYZER, features: ['Tags'] } }, unreadable)).toBe('unchanged');
  // A failure without an answer is replaced by the reason that holds now.
  expect(kindOf({ status: 'failed', analyzer: { ...ANALYZER, features: [] } }, unreadable)).toBe('changed');
});

test('an archived blob whose etag stays is worked on as soon as it is back, also by a retry', () => {
  for (const unreadable of ['archived', 'rehydrate-pending'] as const) {
    expect(kindOf(skipped(unreadable))).toBe('changed');
    expect(willTry({ status: 'skipped' }, stored('a', skipped(unreadable)), ANALYZER)).toBe(true);
  }
  // A key cannot be taken from a blob without another etag.
  expect(kindOf(skipped('customer-provided-key'))).toBe('unchanged');
});

test('a blob on its way back says so, instead of asking for what was done', () => {
  expect(kindOf(skipped('archived'), 'rehydrate-pending')).toBe('changed');
  const advice = UNREADABLE.map((unreadable) =>
    adviceFor({ status: 'skipped', reason: reasonOf(unreadable), error: errorOf(unreadable) }),
  );
  expect(advice[0]).toMatch(/rehydrate it/);
  expect(advice[1]).toMatch(/is being rehydrated/);
  expect(advice[2]).toMatch(/without a customer-provided key/);
  for (const text of advice) expect(text).not.toMatch(/^Run again/);
});

test('a verification does not ask for what no run can do', () => {
  const old = stored('a', { analyzer: { ...ANALYZER, version: '4.0' } });
  expect(staleness(listed('a', { unreadable: 'archived' }), old, ANALYZER)).toBeUndefined();
  expect(staleness(listed('a'), old, ANALYZER)).toMatchObject({ kind: 'stale' });
  expect(staleness(listed('a', { etag: '0x2', unreadable: 'archived' }), old, ANALYZER)).toMatchObject({
    field: 'etag',
  });
});

test('a manifest keeps why a blob cannot be read, and those of older builds read as before', () => {
  const blobs = UNREADABLE.flatMap((unreadable) => [
    listed('a', { unreadable }),
    listed('b', { unreadable, contentType: 'image/png', lastModified: '2026-01-01T00:00:00.000Z' }),
  ]);
  const all = [
    ...blobs,
    listed('c'),
    listed('e', { priced: 0 }),
    listed('f', { priced: 2, unreadable: 'archived' }),
    listed('d', { lastModified: '2026-01-01T00:00:00.000Z' }),
  ];
  expect(unpackBlobs(JSON.parse(JSON.stringify(packBlobs(all))))).toEqual(all);
  expect(unpackBlobs([['a', '0x1', 5, null, null, 'a word of a later build']])).toEqual([
    { name: 'a', etag: '0x1', sizeBytes: 5 },
  ]);
});
