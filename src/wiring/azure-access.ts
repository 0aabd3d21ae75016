import type { OutsideConfig } from '../config';
import { type AzureIdentity, createAzureIdentity } from '../gateways/azure-identity/azure-identity';

/** How each gateway reaches its service: with the key that is named, or as the application's identity, which all share. */
export function accessOf({ identity: settings, photos, cosmos, vision }: OutsideConfig) {
  const identity = settings && createAzureIdentity({ ...settings, clientSecret: settings.clientSecret?.reveal() });
  const { rate: _rate, key: visionKey, credential: visionCredential, ...visionSettings } = vision;
  return {
    identity,
    photos: storageAccess(photos, identity),
    cosmos: {
      ...{ endpoint: cosmos.endpoint, regions: cosmos.regions },
      ...(cosmos.credential === 'identity' ? { identity } : { key: cosmos.key.reveal() }),
    },
    vision: {
      ...visionSettings,
      ...(visionCredential === 'identity' && identity ? { identity } : { key: visionKey.reveal() }),
    },
  };
}

export function storageAccess(
  { blobEndpoint, connectionString }: OutsideConfig['photos'],
  identity: AzureIdentity | undefined,
) {
  return blobEndpoint !== undefined && identity
    ? { blobEndpoint, identity }
    : { connectionString: connectionString.reveal() };
}
