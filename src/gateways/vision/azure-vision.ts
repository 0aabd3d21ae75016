import { defined } from '../../domain/defined';
import type { Analyzer, ImageAnalysis } from '../../domain/image/analysis';
import { offeredFeatures, resolveFeatures, spellFeature } from './features';
import { VISION_LIMITS, type VisionApiVersion } from './limits';
import type { VisionGateway, VisionOutcome } from './port';
import { IdentityFailure } from '../azure-identity/failure';
import { visionAuthorization } from './vision-authorization';
import { analyzerOf, azureAnalyzer, PROVIDER_HEADER } from './provider-header';
import { readResponseBody } from './response-body';
import type { VisionSettings } from './settings';
import { badResponse, failureOf, failureOfAnswer, failureOfIdentity, requestIdOf } from './vision-failure';
import { createVisionHttp, type VisionHttpAnswer, type VisionHttpOutcome } from './vision-http';

/**
 * What the adapters of both API versions share: everything but the address and the reading of an answer.
 *
 * I1 One call is one request (vision-http.ts, I1). Only a refused token is renewed and shown once more: Vision has seen no
 *    image then, and bills nothing.
 * I2 `analyzer` is who answered last. It is right before the first answer too if the settings say who it is.
 */

export interface VisionDialect {
  readonly apiVersion: VisionApiVersion;
  url(endpoint: string, features: readonly string[], language: string): string;
  /** Undefined for what this version never says. */
  parse(value: unknown, requestId: string | undefined): ImageAnalysis | undefined;
}

/** Opens no connection. @throws RangeError for a feature the version does not have */
export function createAzureVision(dialect: VisionDialect, settings: VisionSettings): VisionGateway {
  const { smartCropsAspectRatios: ratios } = settings;
  const features = resolveFeatures(dialect.apiVersion, settings.features, ratios);
  const language = settings.language ?? 'en';
  const endpoint = settings.endpoint.replace(/\/+$/, '');
  const azure = azureAnalyzer(dialect.apiVersion, features, language);
  const http = createVisionHttp(settings);
  const authorize = visionAuthorization(settings);
  let analyzer: Analyzer = analyzerOf(azure, settings.provider);

  async function post(url: string, body: Uint8Array, signal: AbortSignal | undefined): Promise<VisionHttpOutcome> {
    const attempt = async () =>
      http.post({ url, body, authorization: await authorize.headers(), ...defined({ signal }) });
    return authorize.renewing(attempt, (outcome) => outcome.kind === 'answer' && outcome.status === 401);
  }

  function read(answer: VisionHttpAnswer, asked: readonly string[]): VisionOutcome {
    if (answer.status !== 200) return failureOfAnswer(answer, Date.now(), authorize.refusal(answer.status));
    const body = readResponseBody(answer.text);
    if ('problem' in body) return badResponse(answer, body.problem);
    const analysis = dialect.parse(body.value, requestIdOf(answer));
    if (analysis === undefined) return badResponse(answer, 'the answer is not an analysis of this API version');
    analyzer = analyzerOf(azure, answer.headers[PROVIDER_HEADER]); // I2
    const { requestId = requestIdOf(answer) } = analysis;
    const said = { analysis, analyzer, ...defined({ requestId }) };
    return { ok: true, ...said, transactions: asked.length, httpStatus: answer.status };
  }

  return {
    get analyzer() {
      return analyzer;
    },
    limits: VISION_LIMITS[dialect.apiVersion],
    offered: offeredFeatures(dialect.apiVersion),
    spell: (feature) => spellFeature(dialect.apiVersion, feature, ratios),
    async analyze(image, options = {}) {
      const asked = options.features === undefined ? features : resolveFeatures(dialect.apiVersion, options.features);
      try {
        const outcome = await post(dialect.url(endpoint, asked, language), image, options.signal);
        return outcome.kind === 'answer' ? read(outcome, asked) : failureOf(outcome);
      } catch (thrown) {
        if (thrown instanceof IdentityFailure) return failureOfIdentity(thrown);
        throw thrown;
      }
    },
    close: () => http.close(),
  };
}
