import { get } from 'node:http';
import { z } from 'zod';
import type { AzureVision } from './azure-vision';
import { createAzureVision32 } from './azure-vision-32';
import { createAzureVision40 } from './azure-vision-40';
import type { VisionGateway } from './port';
import type { VisionSettings } from './settings';
import { isLoopback } from './vision-url';

export { DEFAULT_VISION_FEATURES } from './features';
export { readImageHeader } from './image-header';
export { VISION_LIMITS, type VisionApiVersion } from './limits';
export { createMemoryVision, type MemoryVision } from './memory-vision';
export type * from './port';
export { VISION_CODES } from './port';
export type { VisionSettings } from './settings';
export { resourceOf, visionRate } from './vision-rate';
export { parseVisionUrl, type VisionAddress } from './vision-url';

/** A stand-in on this machine answers at once; one that is still starting is asked again by its first answer. */
const INTRODUCTION_TIMEOUT_MS = 1000;

/**
 * Builds the gateway and, for a service on loopback, asks who it is, so that `analyzer` is right before the first call
 * (it decides which stored results are current). A real endpoint is never asked: only a stand-in has the answer.
 *
 * Throws a RangeError for a feature the API version does not have. A service that is not up yet is no error.
 */
export async function connectVision(settings: VisionSettings): Promise<VisionGateway> {
  const gateway: AzureVision =
    settings.apiVersion === '3.2' ? createAzureVision32(settings) : createAzureVision40(settings);
  const url = URL.canParse(settings.endpoint) ? new URL(settings.endpoint) : undefined;
  if (url !== undefined && url.protocol === 'http:' && isLoopback(url)) {
    const provider = await askProvider(new URL('/_dev/about', url));
    if (provider !== undefined) gateway.introduce(provider);
  }
  return gateway;
}

const aboutSchema = z.object({ provider: z.string(), algorithm: z.string() });

/** Sends no key. Resolves to `<provider>.<algorithm>`, or undefined for whoever does not know the question. */
function askProvider(url: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(INTRODUCTION_TIMEOUT_MS) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > 4096) request.destroy();
      });
      response.on('close', () => resolve(response.statusCode === 200 ? readAbout(text) : undefined));
      response.on('error', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
  });
}

function readAbout(text: string): string | undefined {
  try {
    const about = aboutSchema.safeParse(JSON.parse(text));
    return about.success ? `${about.data.provider}.${about.data.algorithm}` : undefined;
  } catch {
    return undefined;
  }
}
