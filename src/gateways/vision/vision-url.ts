import type { VisionApiVersion } from './limits';

/**
 * Understands the address of a Vision service as people write it: the bare endpoint of the Azure portal, or the whole
 * analyze URL of the tutorial's setting `ComputerVisionUrl`.
 *
 * I1 Plain http is taken only for loopback: the key travels in a header.
 * I2 A retired version is refused with the name of its successor, before the first call.
 *
 * Source: retirement notice of Computer Vision 1.0 to 3.1 (13 September 2026), of the 4.0 previews (31 March 2025).
 */

export interface VisionAddress {
  /** Without a trailing slash; may carry the path prefix of a gateway in front. */
  readonly endpoint: string;
  /** Absent when the address is a bare endpoint and so says nothing about it. */
  readonly apiVersion?: VisionApiVersion;
}

const RETIRED = new Set(['1.0', '2.0', '2.1', '3.0', '3.1']);
const VERSIONS_40 = new Set(['2023-10-01', '2024-02-01']);

const PATH_32 = /^(.*?)\/vision\/v([^/]+)(?:\/([^/]*))?\/?$/i;
const PATH_40 = /^(.*?)\/computervision\/imageanalysis:analyze\/?$/i;

export function parseVisionUrl(text: string): VisionAddress | { readonly problem: string } {
  const trimmed = text.trim();
  const url = !/\s/.test(trimmed) && URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return {
      problem:
        'is not an http(s) URL; use the endpoint shown in the Azure portal, https://NAME.cognitiveservices.azure.com/',
    };
  }
  if (url.username !== '' || url.password !== '') {
    return { problem: 'carries a user name or password; put the key into its own setting' };
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    return { problem: 'is plain http, which would send the key unencrypted; use https (http is for loopback only)' }; // I1
  }
  return addressOf(url);
}

export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

function addressOf(url: URL): VisionAddress | { readonly problem: string } {
  const [, prefix40] = PATH_40.exec(url.pathname) ?? [];
  if (prefix40 !== undefined) {
    const named = url.searchParams.get('api-version');
    if (named !== null && !VERSIONS_40.has(named)) {
      return { problem: `names api-version ${printable(named)}, which is not served; use api-version=2023-10-01` };
    }
    return { endpoint: url.origin + prefix40, apiVersion: '4.0' };
  }
  const [, prefix32, version, operation] = PATH_32.exec(url.pathname) ?? [];
  if (prefix32 === undefined || version === undefined) return bareEndpoint(url);
  if (RETIRED.has(version)) {
    return { problem: `names version ${version}, retired on 13 September 2026; use .../vision/v3.2/analyze` }; // I2
  }
  if (version !== '3.2') return { problem: `names version ${printable(version)}; use .../vision/v3.2/analyze` };
  if (operation !== undefined && operation !== '' && operation.toLowerCase() !== 'analyze') {
    return { problem: `names operation ${printable(operation)}; use .../vision/v3.2/analyze` };
  }
  return { endpoint: url.origin + prefix32, apiVersion: '3.2' };
}

/** A gateway in front may have a path; the service itself has none but those above, and would answer 404 to every image. */
function bareEndpoint({ origin, hostname, pathname, search, hash }: URL): VisionAddress | { readonly problem: string } {
  if (search + hash !== '') return { problem: 'has a query, which is never sent; remove what follows the "?" or "#"' };
  const path = pathname.replace(/\/+$/, '');
  if (path !== '' && OF_AZURE.test(hostname)) {
    return { problem: `has the path ${printable(path)}, which the service does not have; remove it` };
  }
  return { endpoint: origin + path };
}

const OF_AZURE = /\.(cognitiveservices\.azure|api\.cognitive\.microsoft|cognitiveservices\.microsoft)\.(com|cn|us)$/;

const printable = (text: string): string => text.replace(/[^\w.%/-]/g, '?').slice(0, 40);
