import fc from 'fast-check';
import { validate, version } from 'uuid';
import { checkContainerName } from '../../../src/domain/container/container-name';
import { AppError } from '../../../src/domain/errors';
import {
  CHUNK_SIZE,
  CHUNKS_PER_PAGE,
  chunkId,
  imageId,
  isRunId,
  manifestKeys,
  PAGE_SIZE,
  pageInstanceId,
  parseChunkId,
} from '../../../src/domain/ids';
import { codePointBounds, compareNames, isWithin, type NameOrder } from '../../../src/domain/image/name-order';
import { SYSTEM_BLOB_CONTAINERS } from '../../../src/names';

const RUN_ID = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 });
const REF = fc.record({ runId: RUN_ID, page: fc.nat(9_999_999), chunk: fc.nat(CHUNKS_PER_PAGE - 1) });
/** Where UTF-16 and code points disagree: an emoji against a full-width letter. */
const NAME = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '-', 'é', 'Ａ', '\uffff', '🎞', '𝒳', '\ue000'),
  maxLength: 5,
});

describe('compareNames', () => {
  test('is the order of UTF-8 bytes', () => {
    fc.assert(
      fc.property(NAME, NAME, (a, b) =>
        expect(compareNames(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b))),
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(compareNames(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test('puts an emoji after a full-width letter, where JavaScript does not', () => {
    expect(compareNames('Ａ', '🎞')).toBe(-1);
    expect('Ａ' < '🎞').toBe(false);
  });

  test('is a total order on anything, halves of characters too', () => {
    const any = fc.string({ unit: fc.constantFrom('a', '\ud83c', '\udf9e', '\uffff'), maxLength: 4 });
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(compareNames(a, b) + compareNames(b, a)).toBe(0);
        expect(compareNames(a, b) === 0).toBe(a === b);
        if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0) expect(compareNames(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('the orders of services', () => {
  const sorted = (names: readonly string[], order: NameOrder) => [...names].sort((a, b) => compareNames(a, b, order));

  test('an account without hierarchy sorts as JavaScript does', () => {
    fc.assert(fc.property(NAME, NAME, (a, b) => expect(compareNames(a, b, 'utf-16')).toBe(a < b ? -1 : a > b ? 1 : 0)));
  });

  test('an account with hierarchy lists a directory and at once what is in it', () => {
    const names = ['A-B', 'A-B/dat2', 'A-B-C', 'A.C', 'A.C/dat3', 'A/dat1', 'AB', 'AB.txt', 'AB/AB', 'A'];
    const listed = ['A', 'A/dat1', 'A-B', 'A-B/dat2', 'A-B-C', 'A.C', 'A.C/dat3', 'AB', 'AB/AB', 'AB.txt'];
    expect(sorted(names, 'path')).toEqual(listed);
  });

  test.each<NameOrder>(['utf-16', 'path'])('bounds by %s lie within their bounds by code point', (order) => {
    const bound = fc.option(NAME, { nil: undefined });
    fc.assert(
      fc.property(bound, bound, fc.array(NAME), (from, to, names) => {
        const bounds = { order, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        const wider = codePointBounds(bounds);
        expect(wider.order).toBeUndefined();
        for (const name of names) if (isWithin(name, bounds)) expect(isWithin(name, wider)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('and are the same where the orders agree', () => {
    const plain = { from: '2024/a', to: '2024/b' };
    expect(codePointBounds({ ...plain, order: 'utf-16' })).toEqual(plain);
    expect(codePointBounds({ ...plain, order: 'path' })).toEqual(plain);
    expect(codePointBounds({ from: '🎞/1', to: '🎞/2', order: 'utf-16' })).toEqual({ from: '🎞/1', to: '🎞/2' });
    expect(codePointBounds({ from: '🎞/1', to: 'Ａ', order: 'utf-16' })).toEqual({});
    expect(codePointBounds({ from: 'a/1', to: 'a-1', order: 'path' })).toEqual({ from: 'a', to: 'a0' });
  });
});

describe('ids', () => {
  test('a chunk id is parsed into what it was built from', () => {
    fc.assert(fc.property(REF, (ref) => expect(parseChunkId(chunkId(ref))).toEqual(ref)));
  });

  test('what is no chunk id is refused', () => {
    const id = chunkId({ runId: 'a'.repeat(32), page: 0, chunk: 0 });
    for (const bad of ['', `${id}0`, ` ${id}`, id.toUpperCase(), id.replace('p', ''), `${id}\n`]) {
      expect(parseChunkId(bad)).toBeUndefined();
    }
  });

  test('two chunks never share an id or a key', () => {
    fc.assert(
      fc.property(REF, REF, (a, b) => {
        const isSame = a.runId === b.runId && a.page === b.page && a.chunk === b.chunk;
        expect(chunkId(a) === chunkId(b)).toBe(isSame);
        expect(manifestKeys.chunk(a) === manifestKeys.chunk(b)).toBe(isSame);
        expect(manifestKeys.report(a) === manifestKeys.report(b)).toBe(isSame);
      }),
    );
  });

  test('everything of a run lies under its id, sorted as it was listed', () => {
    fc.assert(
      fc.property(REF, fc.nat(99_999), fc.nat(99_999), (ref, a, b) => {
        const { runId } = ref;
        const keys = [
          manifestKeys.chunk(ref),
          manifestKeys.report(ref),
          manifestKeys.receipt(runId),
          manifestKeys.verdict(runId),
        ];
        expect(keys.every((key) => key.startsWith(`${runId}/`))).toBe(true);
        expect(manifestKeys.page(runId, a) < manifestKeys.page(runId, b)).toBe(a < b);
      }),
    );
  });

  test('a page that is started again has an instance of its own', () => {
    expect(pageInstanceId('r', 12)).toBe('r-p00012');
    expect(pageInstanceId('r', 12, 2)).toBe('r-p00012-r2');
  });

  test('an image id is one of its account, container and name, and stays the same for ever', () => {
    const id = imageId('account', 'photos', 'a/b.jpg');
    expect(id).toMatchInlineSnapshot(`"56640d75-913f-5d90-87cd-66fc86a6f02d"`);
    expect([validate(id), version(id)]).toEqual([true, 5]);
    expect(imageId('account', 'photos', 'a/B.jpg')).not.toBe(id);
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(imageId('x', 'photos', a) === imageId('x', 'photos', b)).toBe(a === b);
      }),
    );
  });

  test('a run id is 32 hexadecimal digits', () => {
    expect(isRunId('0'.repeat(32))).toBe(true);
    for (const bad of ['', '0'.repeat(31), 'g'.repeat(32), `${'0'.repeat(32)}\n`, 'A'.repeat(32)])
      expect(isRunId(bad)).toBe(false);
  });

  test('a page is a whole number of chunks, few enough for one bitmask', () => {
    expect(CHUNKS_PER_PAGE).toBe(PAGE_SIZE / CHUNK_SIZE);
    expect(Number.isInteger(CHUNKS_PER_PAGE) && CHUNKS_PER_PAGE < 31).toBe(true);
  });
});

describe('checkContainerName', () => {
  const codeOf = (name: string): string => {
    try {
      checkContainerName(name);
      return 'fine';
    } catch (error) {
      return error instanceof AppError ? error.code : String(error);
    }
  };

  test.each(['abc', 'a-b', '123', 'a'.repeat(63), 'my-photos-2026', '$root', '$web'])('%s is a name', (name) => {
    expect(codeOf(name)).toBe('fine');
  });

  test.each([
    '',
    'ab',
    'a'.repeat(64),
    'a--b',
    '-ab',
    'ab-',
    'Abc',
    'a_b',
    'a.b',
    'a/b',
    '..',
    'abc\n',
    ' abc',
    'größe',
  ])('%j is none', (name) => {
    expect(codeOf(name)).toBe('invalid-container-name');
  });

  test.each([...Object.values(SYSTEM_BLOB_CONTAINERS), '$logs', '$blobchangefeed', '$changefeed', '$website', '$'])(
    '%s belongs to the system',
    (name) => {
      expect(codeOf(name)).toBe('system-container');
    },
  );
});
