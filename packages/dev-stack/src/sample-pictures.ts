import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { CHECKOUT } from './checkout';

export const SAMPLE_CONTAINER = 'samples';

const FOLDER = join(CHECKOUT, 'samples', 'pictures');

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.bmp': 'image/bmp',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};

export function contentTypeOf(name: string): string {
  return CONTENT_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}

/** Puts the sample pictures into their container. What is there already is left alone. Returns how many were sent. */
export async function uploadSamples(connectionString: string, signal: AbortSignal): Promise<number> {
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(SAMPLE_CONTAINER);
  await container.createIfNotExists({ abortSignal: signal });
  const present = new Set<string>();
  for await (const blob of container.listBlobsFlat({ abortSignal: signal })) present.add(blob.name);
  const missing = sampleFiles().filter(({ name }) => !present.has(name));
  for (const { name, file } of missing) {
    await container.getBlockBlobClient(name).uploadFile(file, {
      blobHTTPHeaders: { blobContentType: contentTypeOf(name) },
      abortSignal: signal,
    });
  }
  return missing.length;
}

/** The pictures of the checkout. The name of a blob is the path below the folder, with `/`. */
export function sampleFiles(folder: string = FOLDER): { readonly name: string; readonly file: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((file) => statSync(file).isFile())
    .map((file) => ({ name: relative(folder, file).split(sep).join('/'), file }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
