import { isIP } from 'node:net';
import { isLoopback, isUrl, type Reader } from './reader';

/** Where the public API listens, and under which names it answers. */
export interface AddressSettings {
  readonly host: string;
  readonly port: number;
  /** Where callers reach it, without a slash at the end; absent: where it listens. */
  readonly publicUrl: string | undefined;
  /** As the host guard takes it (src/http/host-guard.ts). */
  readonly hosts: { readonly loopback: boolean; readonly addresses: boolean; readonly names: readonly string[] };
}

/**
 * A name that is listed nowhere is refused, since a page may have had it rebound to us. Where nobody names the service,
 * it answers to what cannot be rebound: names of loopback, and IP addresses where it listens for others.
 */
export function addressOf(read: Reader): AddressSettings {
  const host = hostOf(read);
  const publicUrl = publicUrlOf(read);
  const allowed = read.list('ALLOWED_HOSTS').map(plainName);
  if (!allowed.every((name) => HOST_NAME.test(name))) {
    const cure = 'Give names without scheme, port and path, split by commas: pictures.example.com,*.internal,10.0.0.5.';
    read.problem('ALLOWED_HOSTS', 'has an entry that is not a host name.', cure);
  }
  const isNamed = publicUrl !== undefined || allowed.length > 0;
  const bound = ['0.0.0.0', '::', '[::]'].includes(host) ? [] : [plainName(host)];
  return {
    ...{ host, port: read.port('API_PORT', 8080), publicUrl },
    hosts: {
      loopback: isLoopback(host) || !isNamed,
      addresses: !isLoopback(host) && !isNamed,
      names: [...(publicUrl === undefined ? [] : [plainName(new URL(publicUrl).hostname)]), ...allowed, ...bound],
    },
  };
}

function hostOf(read: Reader): string {
  const host = read.text('API_HOST', '127.0.0.1');
  const isHost = isIP(plainName(host)) !== 0 || (!host.includes(':') && HOST_NAME.test(plainName(host)));
  if (isHost && !host.startsWith('*')) return host;
  const cure = 'Give an address of this machine such as 127.0.0.1 or 0.0.0.0, without scheme; API_PORT has the port.';
  read.problem('API_HOST', 'is no address and no host name.', cure);
  return '127.0.0.1';
}

function publicUrlOf(read: Reader): string | undefined {
  const value = read.first('PUBLIC_URL')?.value;
  if (value === undefined) return undefined;
  if (isUrl(value) && /^https?:\/\/[^/?#@]+\/?$/i.test(value)) return value.replace(/\/$/, '');
  const cure = 'Use an address such as https://pictures.example.com, with or without a port and without a path.';
  read.problem('PUBLIC_URL', 'is not the address of a service.', cure);
  return undefined;
}

/** A name, `*.` and a name, an IPv4 or an IPv6 address; in lower case. */
const HOST_NAME = /^((\*\.)?[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*)$/;

/** In lower case, an IPv6 address without its brackets. */
function plainName(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}
