import type { VisionLimits } from './port';

export type VisionApiVersion = '3.2' | '4.0';

/**
 * Image requirements of each API version. 3.2: "less than 4 megabytes", JPEG PNG GIF BMP. 4.0: 20,971,520 bytes (the
 * number in the service's own message), and WEBP, ICO, TIFF besides. Both take sides of 50 to 16,000 pixels.
 */
export const VISION_LIMITS: Readonly<Record<VisionApiVersion, VisionLimits>> = {
  '3.2': {
    maxBytes: 4 * 1024 * 1024 - 1,
    minSidePixels: 50,
    maxSidePixels: 16_000,
    formats: ['jpeg', 'png', 'gif', 'bmp'],
  },
  '4.0': {
    maxBytes: 20 * 1024 * 1024,
    minSidePixels: 50,
    maxSidePixels: 16_000,
    formats: ['jpeg', 'png', 'gif', 'bmp', 'webp', 'ico', 'tiff'],
  },
};
