import type { Analyzer, ImageAnalysis } from '../../domain/image/analysis';

/**
 * What we need of an image analyzer, in our words. One call is one HTTP request and one attempt: retries, pacing and
 * budget belong to the caller, so that every attempt is counted and recorded.
 */
export interface VisionGateway {
  /** Written beside each result; decides whether a stored result is still current. */
  readonly analyzer: Analyzer;
  /** Every feature of its API version, as the service writes it. */
  readonly offered: readonly string[];
  /**
   * The service's own name of a feature, whatever the case, with the aspect ratios that are configured where it takes
   * some and names none; undefined for what the service does not have.
   */
  spell(feature: string): string | undefined;
  /** What the service accepts. Checked by the caller from the header of the image before a call is spent. */
  readonly limits: VisionLimits;
  /** Never throws for what the service or the network did; throws only on a programming error. */
  analyze(image: Uint8Array, options?: VisionCallOptions): Promise<VisionOutcome>;
  /** Closes the sockets. Idempotent. */
  close(): void;
}

/** What one call asks for. */
export interface VisionCallOptions {
  /** Of those the service offers; default those of the analyzer. */
  readonly features?: readonly string[];
  /** Aborting ends the call as `{ ok: false, code: 'vision-aborted', retryable: true }`. */
  readonly signal?: AbortSignal;
}

/** What the service takes: Image Analysis 3.2 and 4.0, "Input requirements". */
export interface VisionLimits {
  /** Largest body in bytes, inclusive. */
  readonly maxBytes: number;
  /** Smallest side in pixels, inclusive. */
  readonly minSidePixels: number;
  /** Largest side in pixels, inclusive. */
  readonly maxSidePixels: number;
  /** Lower-case format names as in `jpeg`, `png`, `gif`, `bmp`, `webp`, `ico`, `tiff`. */
  readonly formats: readonly string[];
}

/** One call: answered, or not. A failure is a value and never thrown. */
export type VisionOutcome = VisionSuccess | VisionFailure;

/** One answered call. */
export interface VisionSuccess {
  readonly ok: true;
  readonly analysis: ImageAnalysis;
  /** What the service bills for this call: one per feature asked for. */
  readonly transactions: number;
  readonly httpStatus: number;
  /** The service's own name of the call. */
  readonly requestId?: string;
  /** Says who answered when the service tells (the local one does); default: the gateway's analyzer. */
  readonly analyzer?: Analyzer;
}

/** One call that failed, or was not answered. */
export interface VisionFailure {
  readonly ok: false;
  /** Stable: `vision-` and a reason, see VISION_CODES. */
  readonly code: VisionCode;
  readonly message: string;
  /** Absent when no answer came. */
  readonly httpStatus?: number;
  readonly requestId?: string;
  readonly retryable: boolean;
  /** From Retry-After, seconds or date, never negative, not capped. */
  readonly retryAfterMs?: number;
}

/** Every way a call can fail. Those of RESOURCE_REFUSALS end the run: no other image would fare better. */
export const VISION_CODES = [
  'vision-throttled', // 429, and 403 when the call volume of the resource is used up
  'vision-unauthorized', // 401
  'vision-forbidden', // 403
  'vision-unavailable', // 5xx
  'vision-network', // refused, reset, DNS, TLS
  'vision-timeout', // our total deadline, 408, or an answer whose code is `Timeout`
  'vision-aborted', // the caller's signal
  'vision-bad-response', // 200 with what no Vision sends: HTML, truncated or oversized JSON, wrong types
  'vision-invalid-size', // 400 InvalidImageSize, 413
  'vision-invalid-format', // 400 InvalidImageFormat, NotSupportedImage, 415
  'vision-unsupported-feature', // 400 NotSupportedVisualFeature, NotSupportedLanguage, a feature outside its region, ...
  'vision-resource-refused', // 4xx for the tier or the missing approval of the resource
  'vision-not-found', // 404: wrong endpoint or region
  'vision-rejected', // any other 4xx
] as const;

/** Why a call failed. */
export type VisionCode = (typeof VISION_CODES)[number];
