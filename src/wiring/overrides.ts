import type { BlobsGateway } from '../gateways/blobs/port';

/** What a test may put in the place of a gateway, around the real one, and of the size of pages and chunks. */
export interface Overrides {
  readonly blobs?: (real: BlobsGateway) => BlobsGateway;
  /** Images. Default PAGE_SIZE and CHUNK_SIZE. */
  readonly sizes?: { readonly page: number; readonly chunk: number };
}
