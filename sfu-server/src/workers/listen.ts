import type { NetworkInterfaceInfo } from 'node:os';
import type { types } from 'mediasoup';

export interface ListenOptions {
  /** `auto`: every IPv4 address of `interfaces`. */
  ips: 'auto' | readonly string[];
  announcedAddress: string | undefined;
  /** 0: the worker picks a free port for each socket. */
  port: number;
  /** As `os.networkInterfaces()` gives them. */
  interfaces: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>;
}

/**
 * The sockets of one worker: UDP and TCP on each address, in that order (which is ICE's order of preference),
 * loopback last. The announced address goes to the first address that is not loopback.
 */
export function listenInfos(options: ListenOptions): types.TransportListenInfo[] {
  const { ips, announcedAddress, port, interfaces } = options;
  const addresses = ips === 'auto' ? ipv4Addresses(interfaces) : [...ips];
  const announced = announcedAddress ? (addresses.find((ip) => !isLoopback(ip)) ?? addresses[0]) : undefined;
  return addresses.flatMap((ip) =>
    (['udp', 'tcp'] as const).map((protocol) => ({
      protocol,
      ip,
      ...(port === 0 ? {} : { port }),
      // Found by ourselves, the inner address stays reachable too, for browsers on the same network.
      ...(ip === announced ? { announcedAddress, exposeInternalIp: ips === 'auto' } : {}),
    })),
  );
}

function ipv4Addresses(interfaces: ListenOptions['interfaces']): string[] {
  const found = Object.values(interfaces).flatMap((list) => list ?? []);
  const ips = new Set(found.filter(({ family }) => family === 'IPv4').map(({ address }) => address));
  ips.add('127.0.0.1');
  return [...ips].sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
}

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1';
