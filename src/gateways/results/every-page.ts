import type { Page, PageRequest } from './port';

/** The most that a page may hold. */
const SIZE = 100;

/** What a list holds, page after page. Whoever changes what is listed collects it first. */
export async function* everyPage<T>(list: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  let continuation: string | undefined;
  do {
    const page = await list({ size: SIZE, ...(continuation !== undefined && { continuation }) });
    yield* page.value;
    continuation = page.continuation;
  } while (continuation !== undefined);
}
