import { defined } from './defined';

/** One page of a list that is too long to be read at once. */
export interface Page<T> {
  readonly value: readonly T[];
  /** Opaque: where the next page begins. Absent on the last one. */
  readonly continuation?: string;
}

export interface PageRequest {
  /** 1..100 */
  readonly size: number;
  /** Opaque, from the page before. */
  readonly continuation?: string;
}

/** The most that a page may hold. */
const SIZE = 100;

/** Pages that are read for one that is asked for, at most. */
const READS = 20;

/**
 * A page of those items that `isShown`. It goes on exactly where it ends; where few are shown it may hold fewer than asked
 * for, even none, and not be the last.
 */
export async function pageOfShown<T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  isShown: (item: T) => boolean,
  { size, continuation }: PageRequest,
): Promise<Page<T>> {
  const value: T[] = [];
  let next = continuation;
  for (let reads = 0; reads < READS; reads += 1) {
    const page = await list({ size: size - value.length, ...defined({ continuation: next }) });
    value.push(...page.value.filter(isShown));
    next = page.continuation;
    if (next === undefined || value.length === size) break;
  }
  return { value, ...defined({ continuation: next }) };
}

/** What a list holds, page after page. Whoever changes what is listed collects it first. */
export async function* everyPage<T>(list: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  let continuation: string | undefined;
  do {
    const page = await list({ size: SIZE, ...defined({ continuation }) });
    yield* page.value;
    continuation = page.continuation;
  } while (continuation !== undefined);
}
