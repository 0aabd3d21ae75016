import type { Analyzer } from '../../../src/domain/image/analysis';
import type { CacheGateway, Granted } from '../../../src/gateways/cache/port';

/** What a cache of answers promises (gateways/cache/port.ts), whoever keeps it. `key` gives keys nobody has used. */
export function cacheSuite(open: () => CacheGateway, key: () => string): void {
  const analyzer = (...features: string[]): Analyzer => ({ provider: 'p', version: '1', features, language: 'en' });
  const claimant = (holder: string, nowMs = 1_000) => ({ holder, nowMs, leaseMs: 60_000 });
  const answer = (holder: string, ...features: string[]) => ({
    analysis: { requestId: holder, tags: [] },
    analyzer: analyzer(...features),
    paid: { holder, blob: 'a.jpg', at: '2026-01-01T00:00:00.000Z', transactions: features.length },
  });
  const granted = (claim: unknown): Granted => {
    expect(claim).toMatchObject({ state: 'granted' });
    return claim as Granted;
  };

  test('I1 one holder at a time: the others are told that it is busy, then get its answer', async () => {
    const [cache, id] = [open(), key()];
    const first = granted(await cache.claim(id, ['Tags'], claimant('a')));
    expect(first.unheard).toBeUndefined();
    expect(await cache.claim(id, ['Tags'], claimant('b'))).toEqual({ state: 'busy', holder: 'a' });
    expect(await cache.put(first, answer('a', 'Tags'))).toBe(true);
    expect(await cache.claim(id, ['Tags'], claimant('b'))).toEqual({ state: 'hit', answer: answer('a', 'Tags') });
  });

  test('I1 of many that claim at once, one is granted', async () => {
    const [cache, id] = [open(), key()];
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) => cache.claim(id, ['Tags'], claimant(`holder-${i}`))),
    );
    expect(claims.filter(({ state }) => state === 'granted')).toHaveLength(1);
  });

  test('I2 a further feature is claimed with what is known, and merged in', async () => {
    const [cache, id] = [open(), key()];
    await cache.put(granted(await cache.claim(id, ['Tags'], claimant('a'))), answer('a', 'Tags'));
    const more = granted(await cache.claim(id, ['Color', 'Tags'], claimant('b')));
    expect(more.known).toEqual(answer('a', 'Tags'));
    expect(await cache.claim(id, ['Tags'], claimant('c'))).toMatchObject({ state: 'hit' }); // what is known stays known
    await cache.put(more, answer('b', 'Color', 'Tags'));
    expect(await cache.claim(id, ['Color'], claimant('c'))).toMatchObject({ state: 'hit' });
  });

  test('I4 an answer is known by what a listing tells, with all its features, and what nobody noted is not', async () => {
    const [cache, id, ...listed] = [open(), key(), ...Array.from({ length: 250 }, key)] as const;
    const [one = '', other = ''] = listed;
    expect((await cache.known(listed)).size).toBe(0);
    await cache.put(granted(await cache.claim(id, ['Tags'], claimant('a'))), answer('a', 'Tags'), one);
    await cache.put(granted(await cache.claim(key(), ['Tags'], claimant('a'))), answer('a', 'Tags'), other);
    const more = granted(await cache.claim(id, ['Color', 'Tags'], claimant('b')));
    await cache.put(more, answer('b', 'Color', 'Tags'), one);
    const known = [...(await cache.known(listed)).entries()].sort(([, a], [, b]) => a.length - b.length);
    expect(known).toEqual([
      [other, ['Tags']],
      [one, ['Color', 'Tags']],
    ]);
    expect((await cache.known([])).size).toBe(0);
  });

  test('a claim that is given back is free; one with something known keeps that', async () => {
    const [cache, id] = [open(), key()];
    await cache.release(granted(await cache.claim(id, ['Tags'], claimant('a'))));
    const again = granted(await cache.claim(id, ['Tags'], claimant('b')));
    expect(again.unheard).toBeUndefined();
    await cache.put(again, answer('b', 'Tags'));
    await cache.release(granted(await cache.claim(id, ['Color', 'Tags'], claimant('c'))));
    expect(await cache.claim(id, ['Tags'], claimant('d'))).toMatchObject({ state: 'hit' });
  });

  test('I3 a claim left behind is taken over when it has run out, or by its own holder at once, or when its holder has ended, and is told', async () => {
    const [cache, id, other] = [open(), key(), key()];
    const left = granted(await cache.claim(id, ['Tags'], claimant('a', 1_000)));
    expect(await cache.claim(id, ['Tags'], claimant('b', 60_999))).toEqual({ state: 'busy', holder: 'a' });
    const taken = granted(await cache.claim(id, ['Tags'], claimant('b', 61_001)));
    expect(taken.unheard).toEqual(['1970-01-01T00:00:01.000Z']);
    expect(await cache.put(left, answer('a', 'Tags'))).toBe(false); // the key is somebody else's by now
    expect(await cache.put(taken, answer('b', 'Tags'))).toBe(true);
    await cache.claim(other, ['Tags'], claimant('a', 1_000));
    expect(await cache.claim(other, ['Tags'], { ...claimant('b'), over: 'c' })).toEqual({ state: 'busy', holder: 'a' });
    const first = '1970-01-01T00:00:01.000Z';
    expect(granted(await cache.claim(other, ['Tags'], claimant('a', 1_500))).unheard).toEqual([first]);
    const ended = granted(await cache.claim(other, ['Tags'], { ...claimant('b', 1_600), over: 'a' }));
    expect(ended.unheard).toEqual([first, '1970-01-01T00:00:01.500Z']);
    expect(await cache.put(ended, answer('b', 'Tags'))).toBe(true);
    const more = granted(await cache.claim(other, ['Color'], claimant('c')));
    expect(more.unheard).toBeUndefined(); // it was told with the answer
  });

  test('I3 what was to be told and is not goes back with the claim, beside what is known, and to the next one', async () => {
    const [cache, id] = [open(), key()];
    await cache.claim(id, ['Tags'], claimant('a', 1_000));
    const second = granted(await cache.claim(id, ['Tags'], claimant('a', 2_000)));
    await cache.release(second, second.unheard);
    const third = granted(await cache.claim(id, ['Tags'], claimant('b', 3_000)));
    expect(third.unheard).toEqual(['1970-01-01T00:00:01.000Z']);
    await cache.release(second); // somebody else's by now
    expect(await cache.put(third, answer('b', 'Tags'))).toBe(true);
    const more = granted(await cache.claim(id, ['Color', 'Tags'], claimant('c', 4_000)));
    await cache.release(more, ['1970-01-01T00:00:04.000Z']);
    const again = granted(await cache.claim(id, ['Color', 'Tags'], claimant('d', 5_000)));
    expect(again).toMatchObject({ known: answer('b', 'Tags'), unheard: ['1970-01-01T00:00:04.000Z'] });
  });

  test('I3 beside an answer it is told to one who saves a document, and the others get the answer', async () => {
    const [cache, id] = [open(), key()];
    const unheard = ['1970-01-01T00:00:00.500Z'];
    const first = granted(await cache.claim(id, ['Tags'], claimant('a', 1_000)));
    expect(await cache.put(first, answer('a', 'Tags'), undefined, unheard)).toBe(true);
    const sample = { ...claimant('s', 2_000), savesNothing: true as const };
    expect(await cache.claim(id, ['Tags'], sample)).toEqual({ state: 'hit', answer: answer('a', 'Tags') });
    const telling = granted(await cache.claim(id, ['Tags'], claimant('b', 3_000)));
    expect(telling).toMatchObject({ known: answer('a', 'Tags'), unheard });
    expect(await cache.claim(id, ['Tags'], claimant('c', 4_000))).toMatchObject({ state: 'hit' });
    expect(await cache.put(telling, answer('a', 'Tags'))).toBe(true);
    expect(await cache.claim(id, ['Tags'], claimant('b', 5_000))).toMatchObject({ state: 'hit' });
  });
}
