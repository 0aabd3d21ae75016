import fc from 'fast-check';
import { appearanceOf, isUnpriced, listedAppearance } from '../../../src/domain/image/appearance';
import type { StoredImage } from '../../../src/domain/image/image';
import { VISION_LIMITS } from '../../../src/gateways/vision/limits';

/** Guarantee: what looks like an image is priced, what does not is not, and where the signs differ it is on suspicion. */

const { formats } = VISION_LIMITS['3.2'];
const looks = (name: string, contentType?: string) =>
  listedAppearance({ name, ...(contentType !== undefined && { contentType }) }, formats);
const BLANK = [undefined, '', 'application/octet-stream', 'binary/octet-stream', 'application/x-www-form-urlencoded'];

test.each(BLANK)('without a content type that tells (%s) the name decides', (type) => {
  for (const name of ['a.jpg', 'b/C.JPEG', 'x.y.png', 'a.jfif', 'a.gif', 'a.bmp', 'a.dib', 'a.mpo', 'a.APNG'])
    expect([name, looks(name, type)]).toEqual([name, 'image']);
  for (const name of ['a.jpg.json', 'a.xmp', 'a.txt', 'a.mp4', 'a.MOV', 'a.aae', 'a.zip', 'Thumbs.db', 'x/.DS_Store'])
    expect([name, looks(name, type)]).toEqual([name, 'not-an-image']);
  for (const name of ['a.heic', 'a.avif', 'a.svg', 'a.psd', 'a.CR2', 'a.dng', 'a.jp2', 'a.pdf'])
    expect([name, looks(name, type)]).toEqual([name, 'unsupported-format']);
  for (const name of [
    'a',
    'jpg',
    '.jpg',
    'a.',
    'a.jpg/b',
    'a.unheard-of',
    '20260101',
    '._a.jpg',
    'a.jpg ',
    'a.constructor',
  ])
    expect([name, looks(name, type)]).toEqual([name, 'uncertain']);
});

test('without a name that tells the content type decides', () => {
  for (const type of ['image/jpeg', 'IMAGE/PNG', 'image/jpeg; charset=binary', ' image/gif', 'image/pjpeg'])
    expect([type, looks('a', type)]).toEqual([type, 'image']);
  for (const type of [
    'application/json',
    'text/plain;charset=utf-8',
    'video/mp4',
    'application/vnd.api+json',
    'font/woff2',
  ])
    expect([type, looks('a', type)]).toEqual([type, 'not-an-image']);
  for (const type of ['image/heic', 'image/svg+xml', 'image/vnd.adobe.photoshop'])
    expect([type, looks('a', type)]).toEqual([type, 'unsupported-format']);
});

test('where name and content type disagree it is priced on suspicion, unless neither is an image that Vision takes', () => {
  expect(looks('a.jpg', 'application/json')).toBe('uncertain');
  expect(looks('a.json', 'image/jpeg')).toBe('uncertain');
  expect(looks('a.heic', 'image/jpeg')).toBe('uncertain');
  expect(looks('a.jpg', 'image/heic')).toBe('uncertain');
  expect(looks('a.jpg', 'image/png')).toBe('image');
  expect(looks('a.heic', 'text/plain')).toBe('unsupported-format');
  expect(looks('a.json', 'text/plain')).toBe('not-an-image');
});

test('what one version of Vision takes and another does not follows its formats', () => {
  const later = VISION_LIMITS['4.0'].formats;
  for (const name of ['a.webp', 'a.tif', 'a.ico']) {
    expect(looks(name)).toBe('unsupported-format');
    expect(listedAppearance({ name }, later)).toBe('image');
  }
});

test('what is known of the same bytes outranks the name', () => {
  type Known = Pick<StoredImage, 'etag' | 'status' | 'reason' | 'error'>;
  const seen = (name: string, known: Known) => appearanceOf({ name, etag: '1' }, known, formats);
  const error = { code: 'not-priced', stage: 'vision', message: '', retryable: true } as const;
  expect(seen('a.json', { etag: '1', status: 'succeeded' })).toBe('image');
  expect(seen('a.json', { etag: '1', status: 'failed', reason: 'not-priced', error })).toBe('image');
  expect(seen('a.jpg', { etag: '1', status: 'skipped', reason: 'not-an-image' })).toBe('not-an-image');
  expect(seen('a.heic', { etag: '1', status: 'skipped', reason: 'unsupported-format' })).toBe('unsupported-format');
  // Other bytes: nothing is known of them.
  expect(seen('a.json', { etag: '0', status: 'succeeded' })).toBe('not-an-image');
  expect(seen('a.jpg', { etag: '0', status: 'skipped', reason: 'not-an-image' })).toBe('image');
  expect(
    seen('a', { etag: '1', status: 'failed', reason: 'download-failed', error: { ...error, stage: 'download' } }),
  ).toBe('uncertain');
});

test('no name and no content type is too odd, and an image by both signs is always priced', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, type) => {
      expect(['image', 'uncertain', 'not-an-image', 'unsupported-format']).toContain(looks(name, type));
      expect(isUnpriced(looks(`${name}/a.jpg`, 'image/jpeg'))).toBe(false);
    }),
  );
});
