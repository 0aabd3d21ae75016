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

/** What a list holds, page after page. Whoever changes what is listed collects it first. */
export async function* everyPage<T>(list: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  let continuation: string | undefined;
  do {
    const page = await list({ size: SIZE, ...defined({ continuation }) });
    yield* page.value;
    continuation = page.continuation;
  } while (continuation !== undefined);
}
