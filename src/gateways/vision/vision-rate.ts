import { get } from 'node:http';
import { parseRate, type QuotaSettings } from '../../domain/quota/quota';
import { isLoopback } from './vision-url';

/** Nominal rate of tier S1 in calls per second; more is granted by ticket (Computer Vision FAQ). */
const DEFAULT_RATE_PER_SECOND = 10;

/**
 * What the service allows: the configured rate, else what a stand-in on loopback says of itself, else S1's ten a second.
 * A stand-in that is not up yet counts as unlimited, like its own default.
 */
export async function visionRate(settings: {
  readonly endpoint: string;
  readonly rate: string | undefined;
}): Promise<QuotaSettings> {
  if (settings.rate !== undefined) return parseRate(settings.rate) ?? {};
  const url = new URL(settings.endpoint);
  if (url.protocol !== 'http:' || !isLoopback(url)) return { ratePerSecond: DEFAULT_RATE_PER_SECOND };
  return parseRate((await announcedRate(new URL('/_dev/about', url))) ?? 'unlimited') ?? {};
}

/** One name for one resource, in letters, digits and dashes: an actor id. */
export function resourceOf(endpoint: string): string {
  return new URL(endpoint).host.replace(/[^A-Za-z0-9]+/g, '-');
}

function announcedRate(url: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(1_000) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text = (text + chunk).slice(0, 4_096);
      });
      response.on('end', () => resolve(rateIn(text)));
      response.on('error', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
  });
}

function rateIn(text: string): string | undefined {
  try {
    const { rate } = JSON.parse(text) as { readonly rate?: unknown };
    return typeof rate === 'string' ? rate : undefined;
  } catch {
    return undefined;
  }
}
