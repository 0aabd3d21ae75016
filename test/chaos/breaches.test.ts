import { lateCalls, overspent, unaskedRemovals } from './breaches';

const NOW = Date.parse('2026-01-01T00:00:00.000Z');
const said = (verb: 'pause' | 'resume' | 'cancel', afterMs: number) => ({
  verb,
  at: new Date(NOW + afterMs).toISOString(),
});
const calls = (...afterMs: number[]) => afterMs.map((ms) => NOW + ms);

describe('I10', () => {
  test.each([
    ['the run', { transactions: 11 }, 10, 10],
    ['the receipt', { transactions: 10 }, 11, 10],
    ['Vision', { transactions: 10 }, 10, 11],
  ])('%s beyond the cap is told', (who, run, inReceipt, billed) => {
    const told = overspent({ maxTransactions: 10, ...run }, { transactions: inReceipt }, billed);
    expect(told).toEqual([`I10: ${who} tells of 11 transactions under a cap of 10`]);
  });

  test('a cap that is reached holds, and where there is none nothing is asked', () => {
    expect(overspent({ maxTransactions: 10, transactions: 10 }, { transactions: 10 }, 10)).toEqual([]);
    expect(overspent({ transactions: 99 }, { transactions: 99 }, 99)).toEqual([]);
  });
});

describe('I9', () => {
  const audit = [said('pause', 0), said('resume', 5_000), said('cancel', 10_000)];

  test('a call later than a lease after the word is told', () => {
    expect(lateCalls(audit, calls(900, 1_300, 4_000), Number.POSITIVE_INFINITY)).toEqual([
      'I9: 2 calls began after the pause of 2026-01-01T00:00:00.000Z, the last 4000 ms',
    ]);
    expect(lateCalls(audit, calls(20_000), Number.POSITIVE_INFINITY)).toEqual([
      'I9: 1 calls began after the cancel of 2026-01-01T00:00:10.000Z, the last 10000 ms',
    ]);
  });

  test('within the lease, after a resume, and after the end of a run that others follow, calls may begin', () => {
    expect(lateCalls(audit, calls(1_000, 5_001, 9_999, 10_900), Number.POSITIVE_INFINITY)).toEqual([]);
    expect(lateCalls(audit, calls(20_000), NOW + 11_500)).toEqual([]);
  });
});

describe('I11', () => {
  const ID = 'b'.repeat(32);
  const run = { id: ID, prefix: '', removed: 0, failureGroups: [] };
  const kept = (blob: string) => ({ blob, runId: 'a'.repeat(32), status: 'succeeded' as const, replaced: {} });
  const gone = (blob: string) => ({ blob, runId: ID, status: 'removed' as const, replaced: { 'i:succeeded': 1 } });
  const documents = (lost: number) => [...'abcdefghij'].map((name, n) => (n < lost ? gone(name) : kept(name)));

  test('more than a fifth of the known images removed is told', () => {
    expect(unaskedRemovals({ ...run, removed: 2 }, documents(2))).toEqual([]);
    expect(unaskedRemovals({ ...run, removed: 3 }, documents(3))).toEqual([
      'I11: 3 of 10 known images were removed without consent',
    ]);
  });

  test('new images are none that were known, and other prefixes none of the run', () => {
    const fresh = { ...kept('x'), runId: ID };
    const twoOfTwelve = [...documents(2), ...Array.from({ length: 20 }, () => fresh)];
    expect(unaskedRemovals({ ...run, removed: 2 }, twoOfTwelve)).toEqual([]);
    expect(unaskedRemovals({ ...run, prefix: 'a', removed: 1 }, documents(1))).toHaveLength(1);
  });

  test('a run that held back removes nothing', () => {
    const shrink = { reason: 'shrink', code: 'shrink', stage: 'listing', count: 4, retryable: true, sample: 'x' };
    const held = { ...run, failureGroups: [shrink] };
    expect(unaskedRemovals(held, documents(0))).toEqual([]);
    expect(unaskedRemovals(held, documents(1))).toHaveLength(1);
  });
});
