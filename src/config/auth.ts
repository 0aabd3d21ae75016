import { BlockList, isIP } from 'node:net';
import { isLoopback, isUrl, type Reader } from './reader';

/** How callers say who they are. */
export const AUTH_MODES = ['keys', 'oidc', 'proxy'] as const;
export type AuthMode = (typeof AUTH_MODES)[number];

export interface AuthSettings {
  /** Each is asked, in this order, until one knows the caller. Empty: whoever reaches the API may do everything. */
  readonly modes: readonly AuthMode[];
  /** With `keys`: the file that `contactsheet keys` writes. */
  readonly keysFile: string;
  readonly oidc: OidcSettings;
  readonly proxy: ProxySettings;
}

export interface OidcSettings {
  readonly issuer: string;
  /** A token must be for one of them. */
  readonly audiences: readonly string[];
  /** A claim by its name, or by a path with dots: `realm_access.roles`. */
  readonly rolesClaim: string;
}

export interface ProxySettings {
  /** Addresses and ranges (`10.0.0.0/8`) of the proxies whose headers are believed. */
  readonly trusted: readonly string[];
  /** In lower case. */
  readonly userHeader: string;
  readonly rolesHeader: string;
}

/** AUTH, and what each of its modes needs. Settings of a mode that is off are not read. */
export function authOf(read: Reader): AuthSettings {
  const modes = modesOf(read);
  const has = (mode: AuthMode) => modes.includes(mode);
  return {
    modes,
    keysFile: has('keys') ? keysFileOf(read) : '',
    oidc: has('oidc') ? oidcOf(read) : { issuer: '', audiences: [], rolesClaim: '' },
    proxy: has('proxy') ? proxyOf(read) : { trusted: [], userHeader: '', rolesHeader: '' },
  };
}

function modesOf(read: Reader): readonly AuthMode[] {
  const given = read.list('AUTH');
  const unknown = given.filter((mode) => mode !== 'none' && !AUTH_MODES.some((known) => known === mode));
  if (unknown.length > 0) {
    read.problem('AUTH', 'has an unknown value.', 'Give none, or one or more of keys, oidc, proxy: keys,oidc.');
  } else if (given.includes('none') && given.length > 1) {
    read.problem('AUTH', 'is none and something else.', 'Take none away, or the others: with none nobody is asked.');
  }
  return AUTH_MODES.filter((mode) => given.includes(mode));
}

function keysFileOf(read: Reader): string {
  const file = read.text('KEYS_FILE', '');
  if (file === '') {
    const cure = 'Set it to the file of the keys; `contactsheet keys create` makes one.';
    read.problem('KEYS_FILE', 'is missing, and AUTH has keys.', cure);
  }
  return file;
}

function oidcOf(read: Reader): OidcSettings {
  const issuer = read.text('OIDC_ISSUER', '');
  const audiences = read.list('OIDC_AUDIENCE');
  const looks = 'Use an address such as https://login.microsoftonline.com/TENANT/v2.0.';
  if (issuer === '') read.problem('OIDC_ISSUER', 'is missing, and AUTH has oidc.', `Set it to the issuer. ${looks}`);
  else if (!isUrl(issuer)) read.problem('OIDC_ISSUER', 'is not a URL.', looks);
  else if (!issuer.startsWith('https:') && !isLoopback(new URL(issuer).hostname)) {
    read.problem('OIDC_ISSUER', 'is not https.', 'Give it with https: whoever changes its keys on the way is anybody.');
  }
  if (audiences.length === 0) {
    const cure = 'Set it to the id or URI under which the provider knows this API (`aud` of its tokens).';
    read.problem('OIDC_AUDIENCE', 'is missing, and AUTH has oidc.', cure);
  }
  return { issuer, audiences, rolesClaim: read.text('OIDC_ROLES_CLAIM', 'roles') };
}

const HEADER = /^[A-Za-z0-9-]{1,64}$/;
const HEADER_CURE = 'Give the name of a header, of letters, digits and dashes.';

function proxyOf(read: Reader): ProxySettings {
  const trusted = read.list('TRUSTED_PROXIES');
  if (trusted.length === 0) {
    const cure = 'Set it to the addresses or ranges of your proxies: 10.0.0.4,10.1.0.0/16.';
    read.problem('TRUSTED_PROXIES', 'is missing, and AUTH has proxy.', cure);
  } else if (!trusted.every(isRange)) {
    read.problem(
      'TRUSTED_PROXIES',
      'is no list of addresses.',
      'Give addresses or ranges: 10.0.0.4,10.1.0.0/16,fd00::/8.',
    );
  } else if (trusted.some((range) => /\/0+$/.test(range))) {
    read.problem(
      'TRUSTED_PROXIES',
      'trusts everybody.',
      'Name the addresses of your proxies: whoever is in it is believed.',
    );
  }
  return {
    trusted,
    userHeader: read.matching('PROXY_USER_HEADER', 'x-forwarded-user', HEADER, HEADER_CURE).toLowerCase(),
    rolesHeader: read.matching('PROXY_ROLES_HEADER', 'x-forwarded-groups', HEADER, HEADER_CURE).toLowerCase(),
  };
}

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  if (bits === undefined) return true;
  try {
    new BlockList().addSubnet(address, /^\d{1,3}$/.test(bits) ? Number(bits) : -1, family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
}
