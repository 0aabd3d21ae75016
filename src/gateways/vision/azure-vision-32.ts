import { parseAnalyzeResponse32 } from './analyze-response-32';
import { createAzureVision, type VisionDialect } from './azure-vision';
import type { VisionGateway } from './port';
import { DETAILS_32 } from './features';
import type { VisionSettings } from './settings';

/** Analyze Image 3.2: `POST {endpoint}/vision/v3.2/analyze`. The last version with categories, colours and image types. */
const dialect: VisionDialect = {
  apiVersion: '3.2',
  url(endpoint, features, language) {
    const details = features.filter((feature) => DETAILS_32.has(feature));
    const visualFeatures = features.filter((feature) => !DETAILS_32.has(feature));
    const query = new URLSearchParams({ language });
    // A call for a missing detail alone names no visual feature: the parameter is optional, an empty one is not described.
    if (visualFeatures.length > 0) query.set('visualFeatures', visualFeatures.join(','));
    if (details.length > 0) query.set('details', details.join(','));
    return `${endpoint}/vision/v3.2/analyze?${query}`;
  },
  parse: parseAnalyzeResponse32,
};

export function createAzureVision32(settings: Omit<VisionSettings, 'apiVersion'>): VisionGateway {
  return createAzureVision(dialect, { ...settings, apiVersion: '3.2' });
}
