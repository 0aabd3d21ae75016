import { isContainerName } from '../container/container-name';

/**
 * Messages of Event Grid about blobs, as a Storage Queue holds them: in the schema of Event Grid or as CloudEvents 1.0, one or
 * an array, plain or in base64. Read as far as needed: which container has a new blob.
 * Source: "Azure Blob Storage as an Event Grid source"; queue messages come in base64.
 */
export type BlobEvents =
  /** Containers with new blobs, each once; events of another kind are left out. */
  | { readonly readable: true; readonly containers: readonly string[] }
  | { readonly readable: false; readonly problem: string };

const BLOB_CREATED = 'Microsoft.Storage.BlobCreated';
const SUBJECT = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/./;
/** A queue message has 64 KB; a batch that is larger than this was not made by Event Grid. */
const MAX_EVENTS = 1_000;

export function readBlobEvents(text: string): BlobEvents {
  const message = parsed(text);
  if (message === undefined) return { readable: false, problem: 'It is neither JSON nor JSON in base64.' };
  const events = Array.isArray(message) ? message : [message];
  if (events.length > MAX_EVENTS) return { readable: false, problem: `It has more than ${MAX_EVENTS} events.` };
  if (!events.every(isEvent)) return { readable: false, problem: 'It is no event of Event Grid and no CloudEvent.' };
  const containers = events.flatMap((event) => containerOf(event) ?? []);
  return { readable: true, containers: [...new Set(containers)] };
}

type Event = Readonly<Record<string, unknown>>;

/** Both schemas name their kind and what it is about. */
function isEvent(value: unknown): value is Event {
  return typeof value === 'object' && value !== null && kindOf(value as Event) !== undefined;
}

function kindOf({ eventType, type }: Event): string | undefined {
  if (typeof eventType === 'string') return eventType;
  return typeof type === 'string' ? type : undefined;
}

function containerOf(event: Event): string | undefined {
  if (kindOf(event) !== BLOB_CREATED || typeof event.subject !== 'string') return undefined;
  const container = SUBJECT.exec(event.subject)?.[1];
  return container !== undefined && isContainerName(container) ? container : undefined;
}

/** JSON; or JSON in base64, with or without quotes around it. */
function parsed(text: string): unknown {
  const value = json(text);
  if (value !== undefined && typeof value !== 'string') return value;
  const encoded = (value ?? text).trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const inner = json(Buffer.from(encoded, 'base64').toString('utf8'));
  return typeof inner === 'string' ? undefined : inner;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return undefined;
  }
}
