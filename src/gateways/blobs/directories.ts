import type { ListedBlob } from '../../domain/image/image';

/**
 * Accounts with a hierarchical namespace list a directory as an empty blob with the directory's name. Only metadata would
 * say so for certain, and asking for it slows every listing; an empty blob that others lie under is no picture either way.
 */
export function withoutDirectories(blobs: readonly ListedBlob[]): readonly ListedBlob[] {
  if (blobs.every((blob) => blob.sizeBytes > 0)) return blobs;
  const parents = new Set(blobs.flatMap((blob) => parentsOf(blob.name)));
  return blobs.filter((blob) => blob.sizeBytes > 0 || !parents.has(blob.name));
}

function parentsOf(name: string): string[] {
  const segments = name.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}
