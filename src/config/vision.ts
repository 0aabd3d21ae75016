import { MAX_ASPECT_RATIOS, readAspectRatios } from '../domain/image/smart-crops';
import { parseRate } from '../domain/quota/quota';
import { DEFAULT_VISION_FEATURES, parseVisionUrl, resolveFeatures, type VisionApiVersion } from '../gateways/vision';
import { type Reader, Secret } from './reader';

export interface VisionConfig {
  readonly endpoint: string;
  /** Empty with an identity. */
  readonly key: Secret;
  /** How it signs: with a key of the resource, or with a token of the application's identity. */
  readonly credential: 'key' | 'identity';
  readonly apiVersion: VisionApiVersion;
  readonly features: readonly string[];
  /** Of smart crops, width / height, two decimals each; none: the service chooses one. */
  readonly smartCropsAspectRatios: readonly string[];
  readonly language: string;
  readonly timeoutMs: number;
  /** Who answers there: `azure`, or `NAME.VERSION` of a stand-in. It is part of what makes a stored result current. */
  readonly provider: string;
  /** `10/s`, `20/min`, `unlimited`; absent: as of tier S1. */
  readonly rate: string | undefined;
}

export function visionOf(read: Reader): VisionConfig {
  const url = read.first('VISION_ENDPOINT', 'ComputerVisionUrl');
  const key = read.secret('VISION_KEY', 'ComputerValidationToken');
  const version = read.matching('VISION_API_VERSION', '', /^(3\.2|4\.0)?$/, 'Give 3.2 or 4.0.');
  let endpoint = '';
  let apiVersion: VisionApiVersion = '3.2';
  if (!url) {
    read.problem(
      'VISION_ENDPOINT',
      'is missing.',
      'Set it to the endpoint of your Computer Vision resource: https://NAME.cognitiveservices.azure.com',
    );
  } else {
    const parsed = parseVisionUrl(url.value);
    if ('problem' in parsed)
      read.problem(url.name, `${parsed.problem}.`, 'The resource shows it under "Keys and Endpoint".');
    else {
      endpoint = parsed.endpoint;
      apiVersion = parsed.apiVersion ?? apiVersion;
    }
  }
  const isByIdentity = !key && endpoint.startsWith('https:');
  if (isByIdentity && REGIONAL.test(new URL(endpoint).hostname)) {
    const cure =
      'Use the address of the resource (https://NAME.cognitiveservices.azure.com, a custom subdomain), or set VISION_KEY.';
    read.problem(url?.name ?? 'VISION_ENDPOINT', 'is the address of a region, which takes keys and no tokens.', cure);
  }
  if (!key && !isByIdentity) {
    read.problem('VISION_KEY', 'is missing.', 'Set it to a key of your Computer Vision resource.');
  }
  const rate = read.text('VISION_RATE', '');
  if (rate !== '' && parseRate(rate) === undefined) {
    const cure = 'Give calls per second or minute: 10/s, 20/min, or unlimited.';
    read.problem('VISION_RATE', 'is no rate above 0.', cure);
  }
  if (version === '3.2' || version === '4.0') apiVersion = version;
  return {
    endpoint,
    key: key ?? new Secret(''),
    credential: isByIdentity ? 'identity' : 'key',
    apiVersion,
    features: featuresOf(read, apiVersion),
    smartCropsAspectRatios: aspectRatiosOf(read, apiVersion),
    language: read.matching('VISION_LANGUAGE', 'en', /^[a-z]{2}(-[A-Za-z]{2,4})?$/, 'Give a language code such as en.'),
    timeoutMs: read.integer('VISION_TIMEOUT_MS', 30_000, 100, 600_000),
    provider: read.matching(
      'VISION_PROVIDER',
      'azure',
      /^(azure|[a-z][a-z0-9-]{0,31}\.\d{1,4})$/,
      'Give azure, or NAME.VERSION such as local-pixels.1.',
    ),
    rate: rate === '' ? undefined : rate,
  };
}

/** "Authenticate requests to Azure AI services": only a custom subdomain is asked with a token of Microsoft Entra. */
const REGIONAL = /\.(api\.cognitive\.microsoft|cognitiveservices\.microsoft)\.(com|cn|us)$/;

/** What the gateway would refuse when it is made. */
function featuresOf(read: Reader, apiVersion: VisionApiVersion): readonly string[] {
  const name = 'VISION_FEATURES';
  const features = read.list(name, DEFAULT_VISION_FEATURES);
  try {
    resolveFeatures(apiVersion, features);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const problem = error.message
      .replace(/^VISION_FEATURES/, '')
      .replace(/^: /, 'cannot be asked for: ')
      .trim();
    read.problem(name, `${problem}.`, 'Name features of that version, split by commas.');
  }
  return features;
}

function aspectRatiosOf(read: Reader, apiVersion: VisionApiVersion): readonly string[] {
  const name = 'VISION_SMARTCROPS_ASPECT_RATIOS';
  const words = read.list(name, []);
  const found = readAspectRatios(words);
  if ('problem' in found) {
    const cure = `Give up to ${MAX_ASPECT_RATIOS} numbers from 0.75 to 1.80, separated by commas, such as 1.00,1.78.`;
    read.problem(name, `holds what is no list of aspect ratios: ${found.problem}.`, cure);
    return [];
  }
  if (words.length > 0 && apiVersion !== '4.0') {
    read.problem(
      name,
      `is set, and Vision ${apiVersion} has no smart crops.`,
      'Set VISION_API_VERSION=4.0, or remove it.',
    );
  }
  return found.ratios;
}
