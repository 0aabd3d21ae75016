import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type AuditEntry, type AuditWord, chained, MAX_AUDIT, noted, verifyAudit } from '../../../src/domain/run/audit';

/** Guarantee: whatever is changed in a trail by hand is seen, and the chain goes on over entries of older builds. */

const RUN = 'a'.repeat(32);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const chain = { runId: RUN, sha256 };
const word = (reason: string): AuditWord => ({
  at: '2026-01-01T00:00:00.000Z',
  who: 'ann',
  how: 'key',
  verb: 'pause',
  reason,
  from: 'Running',
  to: 'Pausing',
});
const trail = (reasons: readonly string[]) =>
  reasons.reduce<readonly AuditEntry[]>((entries, reason) => noted(entries, word(reason), chain), []);
const someWords = fc.array(fc.string(), { minLength: 1, maxLength: 8 });

test('a trail that nobody touched is whole', () => {
  fc.assert(
    fc.property(someWords, (reasons) => {
      const entries = trail(reasons);
      const lastHash = entries.at(-1)?.hash;
      expect(verifyAudit(RUN, entries, sha256)).toEqual({
        whole: true,
        entries: reasons.length,
        firstSeq: 1,
        lastHash,
      });
    }),
  );
  expect(verifyAudit(RUN, [], sha256)).toMatchObject({ whole: true, entries: 0 });
});

test('a changed field, a missing, an inserted and a moved entry are seen', () => {
  const change = fc.constantFrom<keyof AuditWord>(
    'at',
    'who',
    'how',
    'verb',
    'reason',
    'from',
    'to',
    'maxTransactions',
  );
  fc.assert(
    fc.property(someWords, fc.nat(), change, (reasons, n, field) => {
      const entries = trail(['first', ...reasons, 'last']);
      const at = 1 + (n % reasons.length);
      const isWhole = (changed: readonly AuditEntry[]) => verifyAudit(RUN, changed, sha256).whole;
      const touched = { ...entries[at], [field]: field === 'maxTransactions' ? 7 : 'other' } as AuditEntry;
      expect(isWhole(entries.with(at, touched))).toBe(false);
      expect(isWhole(entries.toSpliced(at, 1))).toBe(false);
      expect(isWhole(entries.toSpliced(at, 0, entries[at] as AuditEntry))).toBe(false);
      expect(isWhole([...entries].reverse())).toBe(false);
    }),
  );
});

test('a trail of another run is not whole', () => {
  expect(verifyAudit('b'.repeat(32), trail(['x']), sha256)).toEqual({ whole: false, seq: 1, why: 'gap' });
});

test('entries of older builds get their place, and the chain goes on over them', () => {
  const old = [word('old 1'), word('old 2')];
  const entries = noted(old, word('new'), chain);
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(verifyAudit(RUN, entries, sha256).whole).toBe(true);
  expect(chained(old, chain)).toEqual(entries.slice(0, 2)); // reading alone says the same
});

test('what is pushed out is no gap, and the verdict tells of it', () => {
  const full = trail(Array.from({ length: MAX_AUDIT + 3 }, (_, i) => String(i)));
  expect([full.length, full[0]?.reason, full.at(-1)?.reason]).toEqual([MAX_AUDIT, '3', String(MAX_AUDIT + 2)]);
  expect(verifyAudit(RUN, full, sha256)).toMatchObject({ whole: true, firstSeq: 4, entries: MAX_AUDIT });
});
