import type { ImageError, ImageReason } from './image';

/**
 * What a person can do about an image without an analysis, by its reason or by the code of an attempt: one sentence that
 * can be acted on. Images that failed in a retryable way are tried again by the next run by themselves.
 */
const ADVICE: Readonly<Record<string, string>> = {
  empty: 'The blob has no bytes: upload the image again, or wait where it is still being copied.',
  archived:
    'The blob is in the archive tier: rehydrate it (set its tier to Hot, Cool or Cold), and the next run analyses it.',
  'rehydrate-pending':
    'The blob is being rehydrated, which can take up to 15 hours: run again when it is back in its new tier.',
  'customer-provided-key':
    'The blob can be read only with the key that it was uploaded with: upload it again without a customer-provided key.',
  'too-large-bytes': 'The file is larger than Vision takes: upload a smaller or more compressed copy.',
  'too-large-pixels': 'The image has more pixels on a side than Vision takes: upload a scaled-down copy.',
  'too-small': 'The image has fewer pixels on a side than Vision takes (50): upload a larger copy, or leave it out.',
  'unsupported-format': 'Vision does not take this format: convert it to JPEG or PNG.',
  'not-an-image': 'The bytes are not those of an image: move the blob elsewhere, or leave it skipped.',
  encoded:
    'The blob is stored compressed (Content-Encoding): upload the image as it is, without compression, and the next run analyses it.',
  corrupt: 'The image is damaged or cut off: upload it again from its source.',
  changed: 'The blob was replaced while it was read: run again when uploads have ended.',
  gone: 'The blob was deleted from the container: upload it again if that was a mistake.',
  budget: 'Not analysed, as a cap was reached: resume the run with a higher one, or start another run later.',
  cancelled: 'Not analysed, as the run was cancelled before: start another run, which works on what is left.',
  'run-failed': 'Not analysed, as the run failed before: cure what its reason names, then start another run.',
  shrink:
    'Many known images are not listed, and :verify says which: check the container, and run with confirmShrink=true if they were deleted.',
  'not-priced':
    'It is an image that was not in the price of the run, as name and content type do not say so: run again, and the next price counts it.',
  poison: 'Processing this image ended the process several times: look at the image itself, and report it.',
  'download-failed': 'Blob Storage did not deliver the bytes: run again, and check the storage account if it stays.',
  'download-forbidden':
    'Blob Storage refused to let us read: grant Storage Blob Data Reader, or correct the key. If it refuses this blob alone, look at its access conditions, its access control list and its encryption scope.',
  'vision-throttled': 'Vision asked to slow down, and we did. More throughput needs a higher tier of the resource.',
  'vision-unauthorized':
    'Vision refused the key or the token: correct VISION_KEY and VISION_ENDPOINT, or grant Cognitive Services User, then run again.',
  'vision-forbidden':
    'Vision refused the application: open its firewall or grant Cognitive Services User, then run again.',
  'vision-unavailable': 'Vision failed on its side: run again later.',
  'vision-network': 'Vision could not be reached: check the network and VISION_ENDPOINT, then run again.',
  'vision-timeout': 'Vision did not answer in time: run again; raise VISION_TIMEOUT_MS if it stays.',
  'vision-aborted': 'The call was given up when the process stopped: run again.',
  'maybe-billed': 'The process ended while this call was under way: it may stand on the bill once more. Nothing to do.',
  'control-answered':
    'Vision had failed on 25 images in a row, but answered a picture of our own: these images are at fault. Nothing to do.',
  'vision-bad-response':
    'What answered is not Vision, or its answer was cut: check VISION_ENDPOINT and any proxy, then retry by this reason.',
  'vision-invalid-size': 'Vision finds the image too large or too small: upload a copy of another size.',
  'vision-invalid-format': 'Vision cannot read the image: convert it to JPEG or PNG.',
  'vision-unsupported-feature':
    'Vision does not offer a feature or the language in this region: correct VISION_FEATURES or VISION_LANGUAGE, or use a resource in another region, then run again.',
  'vision-resource-refused':
    'The tier or the approval of the Vision resource does not allow it: change the tier or ask for access, then run again.',
  'vision-not-found':
    'There is no Vision at this address: correct VISION_ENDPOINT, its region and its version, then run again.',
  'vision-rejected': 'Vision refused the image: its message says why; look at the image itself.',
};

const UNKNOWN = {
  retryable: 'Run again: this may pass by itself.',
  permanent: 'Look at the message of the error and at the image itself.',
} as const;

/** Advice for a reason or a code. */
export function adviceOn(code: string, retryable = false): string {
  const known = Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
  return known ?? (retryable ? UNKNOWN.retryable : UNKNOWN.permanent);
}

/** Advice for an image as it is; undefined when there is nothing to do. */
export function adviceFor(image: {
  readonly status: string;
  readonly reason?: ImageReason | string;
  readonly error?: Pick<ImageError, 'code' | 'retryable'>;
}): string | undefined {
  const { reason = image.error?.code } = image;
  // A skipped image may say more than its reason: an archived one that it is on its way back.
  const code = image.status === 'skipped' ? (image.error?.code ?? reason) : reason;
  if (image.status === 'succeeded' || image.status === 'unchanged' || code === undefined) return undefined;
  return adviceOn(code, image.error?.retryable);
}
