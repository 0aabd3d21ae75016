/**
 * Bounds by bytes, of what is sent through the sidecar or stored as one: a body of daprd has at most 4 MB unless it is told
 * otherwise, a document of Cosmos DB 2 MB. A count bounds nothing where names have 1,024 characters of up to 3 bytes.
 */
export const MAX_STORED_BYTES = 1_000_000;

/** Of a value as JSON, in UTF-8. */
export function jsonBytes(value: unknown): number {
  return utf8Bytes(JSON.stringify(value) ?? '');
}

/** As many of the first characters as fit, none of them cut in two. `bytesOf`: of the text, with what stands around it. */
export function textWithin(text: string, maxBytes: number, bytesOf: (text: string) => number = utf8Bytes): string {
  const characters = [...text.slice(0, maxBytes)];
  while (characters.length > 0 && bytesOf(characters.join('')) > maxBytes) characters.pop();
  return characters.join('');
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Cut where a piece would be larger than `maxBytes`; what is larger by itself is a piece of its own. At least one piece. */
export function inPieces<T>(items: readonly T[], maxBytes: number = MAX_STORED_BYTES): T[][] {
  const pieces: T[][] = [[]];
  let size = 0;
  for (const item of items) {
    const bytes = jsonBytes(item) + 1;
    const last = pieces.at(-1) as T[];
    if (size + bytes > maxBytes && last.length > 0) {
      pieces.push([item]);
      size = bytes;
    } else {
      last.push(item);
      size += bytes;
    }
  }
  return pieces;
}

/** As many of the first as fit. */
export function firstWithin<T>(items: readonly T[], maxBytes: number): readonly T[] {
  let size = 0;
  const end = items.findIndex((item) => {
    size += jsonBytes(item) + 1;
    return size > maxBytes;
  });
  return end < 0 ? items : items.slice(0, end);
}

/** As many of the last as fit. */
export function lastWithin<T>(items: readonly T[], maxBytes: number): readonly T[] {
  return [...firstWithin([...items].reverse(), maxBytes)].reverse();
}
