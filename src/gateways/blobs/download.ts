import type { BlobClient, BlobDownloadResponseParsed } from '@azure/storage-blob';
import { defined } from '../../domain/defined';
import type { ListedBlob, Unreadable } from '../../domain/image/image';
import { errorOf } from '../../domain/image/unreadable';
import { IdentityFailure } from '../azure-identity/failure';
import { messageOf, storageFailure } from './failure';
import type { DownloadOptions, DownloadOutcome } from './port';
import { inWords, type Signs } from './refusals';

/**
 * Reads one blob into memory.
 *
 * I1 One attempt: retries belong to the caller, who counts them.
 * I2 Never more than `maxBytes` in memory, whatever the service claims or sends.
 * I3 When the promise settles the socket is back in the pool or destroyed, never left reading.
 * I4 The bytes are those of the listed etag, all of them, in a buffer of their own (not a slice of a shared pool).
 */
export async function downloadBlob(
  client: BlobClient,
  blob: ListedBlob,
  options: DownloadOptions,
  signs: Signs = 'key',
): Promise<DownloadOutcome> {
  if (blob.sizeBytes > options.maxBytes) return tooLarge(blob.sizeBytes, options.maxBytes);
  if (options.signal?.aborted) return aborted();
  const stop = new AbortController();
  const abort = () => stop.abort();
  const deadline = setTimeout(abort, options.timeoutMs);
  // By hand and not AbortSignal.any, which on Node 20 keeps a record on a long-lived signal for every call.
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    const response = await client.download(0, undefined, {
      abortSignal: stop.signal,
      conditions: { ifMatch: `"${blob.etag}"` },
      maxRetryRequests: 0, // I1
    });
    return await readBody(response, options.maxBytes, stop);
  } catch (thrown) {
    if (options.signal?.aborted) return aborted();
    if (stop.signal.aborted) return failed(`No complete answer within ${options.timeoutMs} ms.`, true);
    return failedBy(await causeOf(thrown, client, stop.signal), signs);
  } finally {
    clearTimeout(deadline);
    options.signal?.removeEventListener('abort', abort);
  }
}

async function readBody(
  { readableStreamBody: stream, contentLength = 0, contentEncoding }: BlobDownloadResponseParsed,
  maxBytes: number,
  stop: AbortController,
): Promise<DownloadOutcome> {
  if (!stream) return failed('The answer had no body.', true);
  if (contentLength > maxBytes) {
    stop.abort(); // I3
    stream.on('error', () => {});
    return tooLarge(contentLength, maxBytes);
  }
  const bytes = Buffer.allocUnsafeSlow(contentLength); // I4
  const length = await fill(bytes, stream, stop.signal);
  if (length !== contentLength) return failed(`The answer ended after ${length} of ${contentLength} bytes.`, true);
  return { ok: true, bytes, ...(contentEncoding && { contentEncoding }) };
}

/** Events and not `for await`: an iterator costs a promise or more per piece, and most pictures are many pieces. */
function fill(bytes: Buffer, stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    const fail = (error?: Error) => {
      (stream as NodeJS.ReadableStream & { destroy(): void }).destroy(); // I3
      reject(error ?? new Error('The connection was closed.'));
    };
    signal.addEventListener('abort', () => fail(), { once: true });
    stream.on('data', (piece: Buffer) => {
      if (length + piece.length > bytes.length) return fail(new Error('The answer is longer than it said.')); // I2
      piece.copy(bytes, length);
      length += piece.length;
    });
    stream.on('end', () => resolve(length));
    stream.on('error', fail);
  });
}

/** 412 says that no such version exists. Azure answers 404 for a blob that is gone, the emulator 412 for that too. */
async function causeOf(thrown: unknown, client: BlobClient, abortSignal: AbortSignal): Promise<unknown> {
  if (storageFailure(thrown).statusCode !== 412) return thrown;
  return client.getProperties({ abortSignal }).then(
    () => thrown,
    (look: unknown) => (storageFailure(look).statusCode === 404 ? look : thrown),
  );
}

/** Source: "Blob Storage error codes". */
const UNREADABLE_BY_CODE: Readonly<Partial<Record<string, Unreadable>>> = {
  BlobArchived: 'archived',
  BlobBeingRehydrated: 'rehydrate-pending',
  BlobUsesCustomerSpecifiedEncryption: 'customer-provided-key',
};

function failedBy(thrown: unknown, signs: Signs): DownloadOutcome {
  if (thrown instanceof IdentityFailure) {
    const { message, retryable } = thrown;
    return { ok: false, code: retryable ? 'download-failed' : 'download-forbidden', message, retryable };
  }
  const { statusCode, code } = storageFailure(thrown);
  const status = defined({ httpStatus: statusCode });
  switch (statusCode) {
    case 412:
      return {
        ok: false,
        code: 'changed',
        message: 'The blob has changed since it was listed.',
        retryable: false,
        ...status,
      };
    case 404:
      return { ok: false, code: 'gone', message: 'The blob is gone since it was listed.', retryable: false, ...status };
    case 401:
    case 403: {
      const message = `Storage refused the download ${inWords(code, statusCode, signs)}`;
      return { ok: false, code: 'download-forbidden', message, retryable: false, ...status };
    }
    case 409: {
      const unreadable = UNREADABLE_BY_CODE[code ?? ''];
      if (unreadable)
        return { ok: false, code: unreadable, message: errorOf(unreadable).message, retryable: false, ...status };
      const message = `The blob cannot be read as it is now (${code ?? statusCode}).`;
      return { ok: false, code: 'download-failed', message, retryable: false, ...status };
    }
    default: {
      const retryable = statusCode === undefined || statusCode >= 500 || statusCode === 408 || statusCode === 429;
      const message = `The download failed (${code ?? statusCode ?? messageOf(thrown)}).`;
      return { ok: false, code: 'download-failed', message, retryable, ...status };
    }
  }
}

function failed(message: string, retryable: boolean): DownloadOutcome {
  return { ok: false, code: 'download-failed', message, retryable };
}

function aborted(): DownloadOutcome {
  return failed('The download was stopped.', true);
}

function tooLarge(sizeBytes: number, maxBytes: number): DownloadOutcome {
  const message = `${sizeBytes} bytes are more than the ${maxBytes} that are taken.`;
  return { ok: false, code: 'too-large-bytes', message, retryable: false };
}
