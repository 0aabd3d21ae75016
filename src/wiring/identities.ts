import { type Config, ConfigError } from '../config';
import { KeysFileError } from '../domain/access/access-key';
import type { Recognize } from '../domain/access/recognition';
import { createIdentities } from '../gateways/identity/identities';
import { createKeyIdentity } from '../gateways/identity/key-identity';
import { createKeysFileReader } from '../gateways/identity/keys-file';
import { createOidcIdentity } from '../gateways/identity/oidc-identity';
import type { IdentitySource } from '../gateways/identity/port';
import { createProxyIdentity } from '../gateways/identity/proxy-identity';
import { TrustedProxies } from '../gateways/identity/trusted-proxies';
import { systemClock } from '../pipeline/clock';

/**
 * The ways of AUTH to know who asks; undefined where nobody is asked.
 *
 * @throws ConfigError when the keys file cannot be used
 */
export async function openIdentities({ modes, keysFile, oidc, proxy }: Config['auth']): Promise<Recognize | undefined> {
  if (modes.length === 0) return undefined;
  const { nowMs } = systemClock;
  const proxies = new TrustedProxies(proxy.trusted);
  const made: Record<(typeof modes)[number], () => Promise<IdentitySource> | IdentitySource> = {
    keys: () => openKeys(keysFile, nowMs),
    oidc: () => createOidcIdentity({ ...oidc, nowMs }),
    proxy: () => createProxyIdentity({ proxies, ...proxy }),
  };
  const sources = await Promise.all(modes.map((mode) => made[mode]()));
  return createIdentities({ sources, proxies, nowMs });
}

async function openKeys(path: string, nowMs: () => number): Promise<IdentitySource> {
  const file = createKeysFileReader(path);
  try {
    await file.read();
  } catch (error) {
    if (!(error instanceof KeysFileError)) throw error;
    const cure = 'Make it with `contactsheet keys create`, or name another file.';
    throw new ConfigError([{ name: 'KEYS_FILE', problem: `cannot be used. ${error.message}`, cure }]);
  }
  return createKeyIdentity({ file, nowMs });
}
