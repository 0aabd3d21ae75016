import { compareNames } from '../../../src/domain/name-order';
import type { MemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import type { MemoryResults } from '../../../src/gateways/results/memory-results';

/**
 * The memory fakes order names by UTF-16 unit; Blob Storage and Cosmos DB order them by code point. These wrappers list
 * and range as the services do.
 */
export function listedByCodePoint(blobs: MemoryBlobs): MemoryBlobs {
  return {
    ...blobs,
    async listPage(container, { prefix, marker, pageSize }) {
      const all = await blobs.listPage(container, { prefix, pageSize: Number.MAX_SAFE_INTEGER });
      const after = marker === undefined ? undefined : Buffer.from(marker, 'base64url').toString();
      const rest = all.blobs
        .filter(({ name }) => after === undefined || compareNames(name, after) > 0)
        .sort((a, b) => compareNames(a.name, b.name));
      const page = rest.slice(0, pageSize);
      const last = page.at(-1);
      return {
        blobs: page,
        ...(last && rest.length > pageSize && { next: Buffer.from(last.name).toString('base64url') }),
      };
    },
  };
}

export function rangedByCodePoint(results: MemoryResults): MemoryResults {
  return {
    ...results,
    async *range(container, { from, to, prefix }) {
      for await (const image of results.range(container, { prefix })) {
        const isAbove = from === undefined || compareNames(image.blob, from) > 0;
        if (isAbove && (to === undefined || compareNames(image.blob, to) <= 0)) yield image;
      }
    },
  };
}
