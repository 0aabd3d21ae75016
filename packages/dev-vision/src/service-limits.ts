/** The two APIs there are. */
export type ApiVersion = '3.2' | '4.0';

interface ServiceLimits {
  /** Inclusive. */
  readonly maxBytes: number;
  readonly formats: ReadonlySet<string>;
}

/** Inclusive, in pixels, of either version. */
export const MIN_SIDE_PIXELS = 50;
export const MAX_SIDE_PIXELS = 16_000;

/**
 * What each version takes. A stand-in that shared these numbers with the product could not show that the product has
 * them wrong, so it has its own.
 *
 * Source: Computer Vision 3.2 and Image Analysis 4.0, "Image requirements"; 20,971,520 is in the message of 4.0.
 */
export const SERVICE_LIMITS: Readonly<Record<ApiVersion, ServiceLimits>> = {
  '3.2': { maxBytes: 4 * 1024 * 1024 - 1, formats: new Set(['jpeg', 'png', 'gif', 'bmp']) },
  '4.0': { maxBytes: 20 * 1024 * 1024, formats: new Set(['jpeg', 'png', 'gif', 'bmp', 'webp', 'ico', 'tiff']) },
};
