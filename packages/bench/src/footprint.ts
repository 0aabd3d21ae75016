import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { COSMOS, SYSTEM_BLOB_CONTAINERS } from 'contactsheet/setup';
import type { Endpoints } from '@contactsheet/dev-stack';
import { bytesOnDisk, everyDocument } from './engine-state';

export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/** What runs leave behind: documents by Cosmos container, and blobs of our own by what they are. */
export interface Records {
  readonly documents: Readonly<Record<string, Amount>>;
  readonly blobs: Readonly<Record<BlobKind, Amount>>;
}

const BLOB_KINDS = ['input', 'report', 'ledger', 'receipt', 'other'] as const;
type BlobKind = (typeof BLOB_KINDS)[number];

const NONE: Amount = { count: 0, bytes: 0 };

export async function recordsIn({ cosmos, blobConnectionString }: Endpoints): Promise<Records> {
  return { documents: await documentsIn(cosmos), blobs: await blobsIn(blobConnectionString) };
}

/** Bytes of a home on the disk, by what lies in it. */
export function diskOf(home: string): Readonly<Record<string, number>> {
  const folder = (name: string) => bytesOnDisk(join(home, name));
  const rest = {
    all: bytesOnDisk(home),
    azurite: folder('azurite'),
    scheduler: folder('scheduler'),
    logs: folder('logs'),
  };
  return { ...rest, cosmos: rest.all - rest.azurite - rest.scheduler - rest.logs };
}

async function documentsIn(cosmos: Endpoints['cosmos']): Promise<Record<string, Amount>> {
  const amounts: Record<string, Amount> = {};
  const containers = Object.values(COSMOS).flatMap((each) => (typeof each === 'string' ? [] : [each.id]));
  for (const id of containers) {
    let amount = NONE;
    for await (const document of everyDocument<object>(cosmos, id)) {
      amount = plus(amount, JSON.stringify(document).length);
    }
    amounts[id] = amount;
  }
  return amounts;
}

async function blobsIn(connectionString: string): Promise<Record<BlobKind, Amount>> {
  const amounts = Object.fromEntries(BLOB_KINDS.map((kind) => [kind, NONE])) as Record<BlobKind, Amount>;
  const client = BlobServiceClient.fromConnectionString(connectionString);
  const container = client.getContainerClient(SYSTEM_BLOB_CONTAINERS.manifests);
  for await (const { name, properties } of container.listBlobsFlat()) {
    const kind = kindOf(name);
    amounts[kind] = plus(amounts[kind], properties.contentLength ?? 0);
  }
  return amounts;
}

function kindOf(name: string): BlobKind {
  if (/\/page-\d+\//.test(name)) return 'input';
  return BLOB_KINDS.find((kind) => name.includes(`/${kind}`)) ?? 'other';
}

function plus({ count, bytes }: Amount, more: number): Amount {
  return { count: count + 1, bytes: bytes + more };
}
