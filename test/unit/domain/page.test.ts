import fc from 'fast-check';
import { everyPage, type PageRequest, pageOfShown } from '../../../src/domain/page';

/** A store that gives as many as asked for, or fewer, even none, before its end. */
function listOf(items: readonly number[], short: (n: number) => number) {
  let reads = 0;
  const list = async ({ size, continuation = '0' }: PageRequest) => {
    const from = Number(continuation);
    const value = items.slice(from, from + Math.max(0, size - short(reads++)));
    const next = from + value.length;
    return { value, ...(next < items.length && { continuation: String(next) }) };
  };
  return { list, reads: () => reads };
}

test('pages of what is shown hold all of it once, in order, and nothing else', async () => {
  const items = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 });
  const sizes = fc.integer({ min: 1, max: 20 });
  await fc.assert(
    fc.asyncProperty(items, sizes, fc.nat(9), fc.nat(2), async (all, size, most, less) => {
      const { list } = listOf(all, (n) => (n % 3 === 0 ? less : 0));
      const isShown = (item: number) => item <= most;
      const pages: number[] = [];
      const shown = async (page: PageRequest) => {
        const answer = await pageOfShown(list, isShown, { ...page, size });
        pages.push(answer.value.length);
        return answer;
      };
      const found: number[] = [];
      for await (const item of everyPage(shown)) found.push(item);
      expect(found).toEqual(all.filter(isShown));
      expect(Math.max(...pages)).toBeLessThanOrEqual(size);
    }),
  );
});

test('a caller who is shown nothing costs a bounded number of reads for a page', async () => {
  const { list, reads } = listOf(Array<number>(10_000).fill(1), () => 0);
  const page = await pageOfShown(list, () => false, { size: 10 });
  expect(page).toEqual({ value: [], continuation: '200' });
  expect(reads()).toBe(20);
});
