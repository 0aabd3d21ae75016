import type { ListedBlob } from '../../domain/image/image';
import { compareNames, type NameOrder } from '../../domain/image/name-order';

/**
 * Empty blobs that tools and accounts leave behind for directories: no file of the user's, so no listing shows them.
 *
 * I1 An empty blob is a directory when its metadata says so (`hdi_isfolder`: hierarchical accounts, AzCopy, Storage
 *    Explorer, ABFS), when its name ends in `/` (S3 and FTP tools) or in `_$folder$` (Hadoop), or when others lie under it.
 * I2 What lies under a blob may stand on a later page: `undecided` names the blobs for which a page does not tell.
 */
export interface Listed {
  readonly blob: ListedBlob;
  readonly metadata?: Readonly<Record<string, string>>;
}

export function withoutDirectories(listed: readonly Listed[]): readonly ListedBlob[] {
  if (listed.every(({ blob }) => blob.sizeBytes > 0)) return listed.map(({ blob }) => blob);
  const parents = new Set(listed.flatMap(({ blob }) => parentsOf(blob.name)));
  return listed.filter((one) => !isDirectory(one) && !isEmptyParent(one.blob, parents)).map(({ blob }) => blob);
}

/** Empty blobs that the next pages may still show to be directories. `last`: the last name of the page. */
export function undecided(blobs: readonly ListedBlob[], last: string, order: NameOrder): readonly ListedBlob[] {
  return blobs.filter(({ name, sizeBytes }) => sizeBytes === 0 && compareNames(last, `${name}/${HIGHEST}`, order) < 0);
}

/** After every other character of a name, in each order that there is. */
const HIGHEST = '\u{10ffff}';

function isDirectory({ blob: { name, sizeBytes }, metadata }: Listed): boolean {
  if (sizeBytes > 0) return false;
  return isMarked(metadata) || /(?:\/|_\$folder\$)$/.test(name);
}

/** Names of metadata have no case of their own: tools in Go write `Hdi_isfolder`. */
function isMarked(metadata: Listed['metadata'] = {}): boolean {
  return Object.entries(metadata).some(
    ([name, value]) => name.toLowerCase() === 'hdi_isfolder' && value.toLowerCase() === 'true',
  );
}

function isEmptyParent({ name, sizeBytes }: ListedBlob, parents: ReadonlySet<string>): boolean {
  return sizeBytes === 0 && parents.has(name);
}

function parentsOf(name: string): string[] {
  const segments = name.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}
