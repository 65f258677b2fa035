import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Whose word about the client's address counts: proxies by address or network, or so many of them between the client and
 * this server. None: nobody's, the address is the socket's.
 */
export type TrustedProxies = number | readonly string[];

type Request = Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } };

/** Finds out from which address a client comes, and what that counts as. */
export class ClientAddresses {
  readonly #hops: number;
  readonly #proxies = new BlockList();

  constructor(trusted: TrustedProxies) {
    this.#hops = typeof trusted === 'number' ? trusted : 0;
    if (typeof trusted === 'number') return;
    for (const network of trusted) {
      const [address = '', bits] = network.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#proxies.addAddress(address, family);
      else this.#proxies.addSubnet(address, Number(bits), family);
    }
  }

  /** What the client is counted by: its IPv4 address, or its IPv6 network of 64 bits, all of which is one customer's. */
  keyOf(request: Request): string {
    return networkOf(this.addressOf(request));
  }

  addressOf({ headers, socket }: Request): string {
    const peer = plain(socket.remoteAddress ?? '');
    const told = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').filter(Boolean).map(plain);
    // Each proxy adds at the end whom it was asked by: read from there, as far as the word of the next one counts.
    let address = peer;
    for (let hop = 0; told.length > 0 && this.#trusts(address, hop); hop++) {
      const next = told.pop() ?? '';
      if (!isIP(next)) break;
      address = next;
    }
    return address;
  }

  #trusts(address: string, hop: number): boolean {
    if (this.#hops > 0) return hop < this.#hops;
    return isIP(address) > 0 && this.#proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

/** Whether an entry of a list of proxies is an address, or a network such as 10.0.0.0/8. */
export function isNetwork(item: string): boolean {
  const [address = '', bits, ...more] = item.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

/** Without a port, brackets, a zone, or the prefix of an IPv4 address in IPv6. */
function plain(text: string): string {
  const trimmed = text.trim();
  const bare = /^\[(.+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  const [address = ''] = bare.split('%');
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.toLowerCase();
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head ? head.split(':') : [];
  if (tail !== undefined) {
    const after = tail ? tail.split(':') : [];
    // An IPv4 address at the end takes the place of two groups.
    const length = groups.length + after.length + (tail.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: 8 - length }, () => '0'), ...after);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
