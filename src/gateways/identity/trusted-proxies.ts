import { BlockList, isIP } from 'node:net';
import type { Shown } from '../../domain/access/recognition';

/** The proxies whose headers are believed, by address and range (`10.0.0.0/8`). */
export class TrustedProxies {
  readonly #list = new BlockList();

  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = '', bits] = range.split('/');
      if (bits === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  includes(address: string): boolean {
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }

  /** Who sent it: the last address of `X-Forwarded-For` that is none of ours. Before it stands what anybody may write. */
  senderOf(peer: string, header: Shown['header']): string {
    const path = header('x-forwarded-for').flatMap((value) => value.split(','));
    let sender = peer;
    for (const hop of path.reverse()) {
      if (!this.includes(sender)) return sender;
      const address = addressIn(hop.trim());
      if (isIP(address) === 0) return sender;
      sender = address;
    }
    return sender;
  }
}

/** App Service and Application Gateway write the port as well. */
function addressIn(hop: string): string {
  return /^(\d+(?:\.\d+){3}):\d{1,5}$/.exec(hop)?.[1] ?? /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? hop;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
