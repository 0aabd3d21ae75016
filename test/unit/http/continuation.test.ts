import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CompactEncrypt, decodeProtectedHeader } from 'jose';
import { createContinuations } from '../../../src/http/continuation';
import { RequestError } from '../../../src/http/request-error';

/** How a list goes on: what a store says of its place, which nobody but us may read or make. */

const KEY = 'a'.repeat(64);
const LIST = 'a list';
const ours = createContinuations(KEY);
/** As much of the store's own token as a caller may send back (MAX_CONTINUATION). */
const LONGEST = { token: 9_000, sealed: 12_288 };

const refused = (sealed: string, scope = LIST, from = ours) =>
  expect(from.open(sealed, scope)).rejects.toMatchObject({
    code: 'invalid-request',
    errors: [{ pointer: '/query/continuation', detail: expect.stringMatching(/first page again/) }],
  });

test('opens to what the store said, whatever it is, and is as long as a caller may send', async () => {
  const tokens = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(tokens, fc.string(), async (token, scope) => {
      expect(await ours.open(await ours.seal(token, scope), scope)).toBe(token);
    }),
    { numRuns: 200 },
  );
  const longest = 'x'.repeat(LONGEST.token);
  expect((await ours.seal(longest, LIST)).length).toBeLessThanOrEqual(LONGEST.sealed);
  expect(await ours.seal(longest, LIST)).toMatch(/^[\w.-]+$/); // stands in a URL and in a header as it is
});

test('tells nothing: no part of it holds a name, and the same place looks different each time', async () => {
  const place = JSON.stringify({ after: 'wedding-of-somebody-else', runId: '0198' });
  const [one, other] = [await ours.seal(place, LIST), await ours.seal(place, LIST)];
  expect(one).not.toBe(other);
  for (const part of [one, ...one.split('.')]) {
    const bytes = [
      part,
      Buffer.from(part, 'base64url').toString('latin1'),
      Buffer.from(part, 'hex').toString('latin1'),
    ];
    for (let from = 0; from + 4 <= place.length; from += 1) {
      for (const text of bytes) expect(text).not.toContain(place.slice(from, from + 4));
    }
  }
  expect(decodeProtectedHeader(one)).toEqual({ alg: 'dir', enc: 'A256GCM' });
});

test('opens no other list, and nothing under another key', async () => {
  const sealed = await ours.seal('7', LIST);
  await refused(sealed, 'another list');
  await refused(sealed, LIST, createContinuations('b'.repeat(64)));
  expect(await createContinuations(KEY).open(sealed, LIST)).toBe('7'); // every replica has the same key
});

test('is refused with any one character changed, cut or added', async () => {
  const sealed = await ours.seal('a place in a list', LIST);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed[at] === 'A' ? 'Q' : 'A';
    await refused(sealed.slice(0, at) + changed + sealed.slice(at + 1));
    await refused(sealed.slice(0, at));
  }
  await refused(`${sealed}.`);
  await refused(`${sealed}AAAA`);
});

test.each(['', '2', '....', '{}', 'a.b.c.d.e', 'x'.repeat(12_288)])('is refused as nonsense: %.20s', (sealed) =>
  refused(sealed),
);

test('of an earlier version, which everybody could read and make, is refused', async () => {
  const token = 'wedding';
  const checksum = createHash('sha256')
    .update(JSON.stringify([LIST, token]))
    .digest()
    .subarray(0, 9);
  await refused(Buffer.concat([checksum, Buffer.from(token)]).toString('base64url'));
});

test('of another algorithm is refused, also with the right bytes for a key', async () => {
  const bytes = new Uint8Array(32).fill(7);
  const token = new TextEncoder().encode('7');
  const header = { alg: 'dir', enc: 'A128CBC-HS256' };
  await refused(await new CompactEncrypt(token).setProtectedHeader(header).encrypt(bytes));
  const none = Buffer.from(JSON.stringify({ alg: 'none', enc: 'A256GCM' })).toString('base64url');
  await refused(`${none}....`);
  await expect(ours.open('', LIST)).rejects.toBeInstanceOf(RequestError);
});
