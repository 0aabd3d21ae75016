import { createAzureVision32 } from './azure-vision-32';
import { createAzureVision40 } from './azure-vision-40';
import type { VisionGateway } from './port';
import type { VisionSettings } from './settings';

export { DEFAULT_VISION_FEATURES, resolveFeatures } from './features';
export { readImageHeader } from './image-header';
export { VISION_LIMITS, type VisionApiVersion } from './limits';
export { createMemoryVision, type MemoryVision } from './memory-vision';
export type * from './port';
export { VISION_CODES } from './port';
export type { VisionSettings } from './settings';
export { resourceOf, visionRate } from './vision-rate';
export { parseVisionUrl, type VisionAddress } from './vision-url';

/** Opens no connection. @throws RangeError for a feature the API version does not have */
export function createVision(settings: VisionSettings): VisionGateway {
  return settings.apiVersion === '3.2' ? createAzureVision32(settings) : createAzureVision40(settings);
}
