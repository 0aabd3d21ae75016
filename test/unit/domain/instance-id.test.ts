import fc from 'fast-check';
import { chunkId, manifestKeys, pageInstanceId, parseChunkId, watchInstanceId } from '../../../src/domain/ids';
import {
  INSTANCE_ID_PATTERN,
  instanceIdOf,
  isInstanceId,
  isOwnId,
  isRunId,
  runIdFor,
  storedInstanceId,
} from '../../../src/domain/run/instance-id';
import { timeInId } from '../../../src/domain/run/run-order';

const MADE = '0192f0c0000070008000000000000001';
const tricky = fc.constantFrom(...'aAzZ09_-.:%&= "é𝒳@\u2028', '%2F', '__', '-p00000', '_2d');
const chosen = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.uuid(),
    fc.array(tricky).map((parts) => parts.join('')),
    fc
      .array(fc.constantFrom('漢', '字', 'é', '\ud83c\udf9e', 'a', '\ufeff'), { minLength: 60, maxLength: 100 })
      .map((parts) => parts.join('')),
  )
  .filter(isInstanceId);
const made = fc.stringMatching(/^[0-9a-f]{32}$/);

describe('an instance id', () => {
  test.each([
    'my-own-id-1',
    '3F2504E0-4F89-41D3-9A0C-0305E82C3301',
    'bulk',
    'null',
    'a b',
    '100%',
    '%2e%2e',
    'a:retry',
    '...',
    'ü',
    'é'.repeat(100),
    '\ud83c\udf9e'.repeat(50),
    '漢'.repeat(67),
    '漢'.repeat(100),
  ])('may be %j', (id) => {
    expect([isInstanceId(id), new RegExp(INSTANCE_ID_PATTERN.pattern, 'u').test(id)]).toEqual([true, true]);
  });

  test.each(['', '@counter@1', 'a/b', 'a\\b', 'a#', 'a?b', 'a\n', '\u0085', '.', '..', '\ud83c', 'x'.repeat(101)])(
    'is refused: %j',
    (id) => expect(isInstanceId(id)).toBe(false),
  );
});

describe('a run id', () => {
  test('says which instance id it was made for, and is found again by no other', () => {
    fc.assert(
      fc.property(made, chosen, made, chosen, (a, one, b, other) => {
        const id = runIdFor(a, one);
        expect([isRunId(id), isOwnId(id), instanceIdOf(id)]).toEqual([true, false, one]);
        expect(id === runIdFor(b, other)).toBe(a === b && one === other);
        expect(storedInstanceId(one) === storedInstanceId(other)).toBe(one === other);
      }),
      { numRuns: 500 },
    );
  });

  test('suits the names of workflows, actors, blobs and documents, whatever the instance id', () => {
    fc.assert(fc.property(chosen, (id) => expect(runIdFor(MADE, id)).toMatch(/^[0-9a-f]{32}_[0-9a-z_]+$/)));
    const longest = runIdFor(MADE, 'é'.repeat(100));
    expect(longest.length).toBe(32 + 1 + 322);
    expect(instanceIdOf(longest)).toBe('é'.repeat(100));
    for (const wide of ['漢'.repeat(100), '漢'.repeat(67), '\ud83c\udf9e'.repeat(50), '\uffee'.repeat(100)]) {
      expect(runIdFor(MADE, wide).length).toBeLessThanOrEqual(longest.length);
      expect(instanceIdOf(runIdFor(MADE, wide))).toBe(wide);
    }
    // Dapr's name of the job that runs an activity of a page: longer ones wait for ever (1.18.2).
    const job = `actorreminder||default||dapr.internal.default.contactsheet.activity||${pageInstanceId(longest, 99_999, 99)}::99::99||run-activity`;
    expect(job.length).toBeLessThan(500);
    expect(manifestKeys.report({ runId: longest, page: 99_999, chunk: 19 }).length).toBeLessThan(1_000);
  });

  test('is its own instance id where nobody chose one, as in older builds', () => {
    fc.assert(
      fc.property(made, (id) => expect([isRunId(id), isOwnId(id), instanceIdOf(id)]).toEqual([true, true, id])),
    );
    expect(storedInstanceId(MADE)).toBe(MADE);
  });

  test('holds the time it was made, with a chosen part too', () => {
    expect(timeInId(runIdFor(MADE, 'x'))).toBe(timeInId(MADE));
    expect(timeInId(MADE)).toBeDefined();
  });

  test.each([
    '',
    'x',
    `${MADE}_`,
    `${MADE}_A`,
    `${MADE}_2`.slice(1),
    `${MADE}_a_2`,
    `${MADE}_a_61`,
    `${MADE}_a_ff`,
    `${MADE}___1`,
    `${MADE}__w0`,
    `${MADE}__w31`,
    `${MADE}__w031`,
    `${MADE}_a\n`,
    `${MADE}-p00000`,
    `${MADE}_${'a'.repeat(323)}`,
  ])('is not %j', (id) => expect([isRunId(id), instanceIdOf(id)]).toEqual([false, id]));

  test('never makes the id of a page, a chunk or a watch that another one has', () => {
    fc.assert(
      fc.property(made, chosen, fc.nat(99_999), fc.nat(19), (a, id, page, chunk) => {
        const ref = { runId: runIdFor(a, id), page, chunk };
        expect(parseChunkId(chunkId(ref))).toEqual(ref);
        for (const name of [chunkId(ref), pageInstanceId(ref.runId, page, chunk), watchInstanceId('photos')])
          expect(isRunId(name)).toBe(false);
      }),
    );
  });
});
