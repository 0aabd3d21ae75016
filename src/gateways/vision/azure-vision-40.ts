import { takeApart } from '../../domain/image/smart-crops';
import { parseAnalyzeResponse40 } from './analyze-response-40';
import { createAzureVision, type VisionDialect } from './azure-vision';
import type { VisionGateway } from './port';
import type { VisionSettings } from './settings';

/** The first general release of 4.0, and what Microsoft's own client sends. */
const API_VERSION = '2023-10-01';

/** Image Analysis 4.0: `POST {endpoint}/computervision/imageanalysis:analyze`. */
const dialect: VisionDialect = {
  apiVersion: '4.0',
  url(endpoint, features, language) {
    const asked = features.map(takeApart);
    const names = asked.map(({ plain }) => plain).join(',');
    const query = new URLSearchParams({ 'api-version': API_VERSION, features: names, language });
    const ratios = asked.flatMap((feature) => feature.ratios);
    if (ratios.length > 0) query.set('smartcrops-aspect-ratios', ratios.join(','));
    return `${endpoint}/computervision/imageanalysis:analyze?${query}`;
  },
  parse: parseAnalyzeResponse40,
};

export function createAzureVision40(settings: Omit<VisionSettings, 'apiVersion'>): VisionGateway {
  return createAzureVision(dialect, { ...settings, apiVersion: '4.0' });
}
