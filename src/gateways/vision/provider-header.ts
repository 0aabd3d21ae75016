import type { Analyzer } from '../../domain/image/analysis';
import type { VisionApiVersion } from './limits';

/**
 * A stand-in for Vision names itself on every answer, so that no result of it passes for one of Azure.
 *
 * The header says `<provider>.<algorithm version>`, for example `local-pixels.1`. Azure sends no such header.
 */
export const PROVIDER_HEADER = 'x-contactsheet-provider';

/** Who answers as long as nobody says otherwise. */
export function azureAnalyzer(apiVersion: VisionApiVersion, features: readonly string[], language: string): Analyzer {
  return { provider: 'azure', version: apiVersion, features, language };
}

/** The analyzer of an answer, given its provider header. An unreadable header is taken for none. */
export function analyzerOf(azure: Analyzer, providerHeader: string | undefined): Analyzer {
  const [, provider, algorithm] = /^([a-z][a-z0-9-]{0,31})\.(\d{1,4})$/.exec(providerHeader ?? '') ?? [];
  if (provider === undefined) return azure;
  return { ...azure, provider, version: `${azure.version}+${provider}.${algorithm}` };
}
