import { principalName } from '../../domain/access/principal';
import { isGrantedRole } from '../../domain/access/role';
import type { IdentitySource } from './port';
import type { TrustedProxies } from './trusted-proxies';

export interface ProxyIdentityOptions {
  readonly proxies: TrustedProxies;
  /** In lower case. */
  readonly userHeader: string;
  /** Roles between commas; `x-ms-client-principal` is read as App Service writes it. */
  readonly rolesHeader: string;
}

/**
 * Who a proxy in front says it is: oauth2-proxy, App Service.
 *
 * I1 The headers count only when the connection comes from a trusted proxy. From anybody else they are not even looked at,
 *    and neither are they on the app channel, which has no peer: programs of the mesh would come by the same address.
 * I2 A header that is there twice is refused: one of them may have come through from outside.
 */
export function createProxyIdentity({ proxies, userHeader, rolesHeader }: ProxyIdentityOptions): IdentitySource {
  return {
    async recognize({ peer, header }) {
      if (peer === undefined || !proxies.includes(peer)) return { kind: 'absent' }; // I1
      const [users, roles] = [header(userHeader), header(rolesHeader)];
      if (users.length === 0) return { kind: 'absent' };
      if (users.length > 1 || roles.length > 1) {
        return { kind: 'refused', reason: 'A header of the proxy is there twice.' }; // I2
      }
      const name = principalName(users[0] ?? '');
      if (name === undefined) return { kind: 'absent' };
      return { kind: 'known', principal: { name, how: 'proxy', roles: rolesOf(rolesHeader, roles[0]) } };
    },
  };
}

function rolesOf(name: string, value: string | undefined) {
  if (value === undefined) return [];
  const words = name === CLIENT_PRINCIPAL ? rolesOfAppService(value) : value.split(',');
  return words.map((word) => word.trim()).filter(isGrantedRole);
}

const CLIENT_PRINCIPAL = 'x-ms-client-principal';
const ROLE_CLAIMS = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];

/** Base64 of `{ "role_typ": "...", "claims": [{ "typ": "roles", "val": "operator" }] }`; [] for anything else. */
function rolesOfAppService(value: string): string[] {
  try {
    const { claims, role_typ: own } = JSON.parse(Buffer.from(value, 'base64').toString('utf8')) as Record<
      string,
      unknown
    >;
    if (!Array.isArray(claims)) return [];
    return claims.flatMap(({ typ, val }: Record<string, unknown>) =>
      (typ === own || ROLE_CLAIMS.some((claim) => claim === typ)) && typeof val === 'string' ? [val] : [],
    );
  } catch {
    return [];
  }
}
