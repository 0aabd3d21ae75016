import type { AzureIdentity } from '../azure-identity/azure-identity';
import type { VisionApiVersion } from './limits';

export interface VisionSettings {
  /** As `parseVisionUrl` returns it: no trailing slash. A bare endpoint with one is taken too. */
  readonly endpoint: string;
  /** Of the resource; with an identity it is not asked for. */
  readonly key?: string;
  readonly identity?: AzureIdentity;
  readonly apiVersion: VisionApiVersion;
  /** In the words of either version; see features.ts. */
  readonly features: readonly string[];
  /** Of smart crops that name none, as `readAspectRatios` gives them. Default: the service chooses one. */
  readonly smartCropsAspectRatios?: readonly string[];
  /** Default `en`. 3.2 has Objects and Brands in English only. */
  readonly language?: string;
  /** Who answers there, as its answers will say: `local-pixels.1`. Default `azure`. See provider-header.ts. */
  readonly provider?: string;
  /** Deadline of a whole call. Default 30,000. */
  readonly timeoutMs?: number;
  /** Sockets kept to the service. Default 256. */
  readonly maxSockets?: number;
}
