import type { Page, PageRequest } from '../../domain/page';
import type { Around } from '../bind';

/**
 * Lists of the Durable Functions contract: a bare array, and where it goes on in a header.
 *
 * I1 The header is there on the last page too, and empty: so clients know the end.
 * I2 A page may hold fewer than `top`, even none, and not be the last.
 */
const CONTINUATION = 'x-ms-continuation-token';

/** What is asked for: `top` and the header. @throws RequestError for a continuation of another scope */
export async function listRequest(
  { header, continuations }: Pick<Around, 'header' | 'continuations'>,
  top: number,
  scope: string,
): Promise<PageRequest> {
  const sealed = header(CONTINUATION);
  return { size: top, ...(sealed && { continuation: await continuations.open(sealed, scope) }) };
}

export async function listAnswer<T>(
  { continuations }: Pick<Around, 'continuations'>,
  scope: string,
  { value, continuation }: Page<T>,
) {
  const goesOn = continuation === undefined ? '' : await continuations.seal(continuation, scope);
  return { status: 200, headers: { [CONTINUATION]: goesOn }, body: value } as const;
}
